import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { LoadedConfig } from '../config/config.ts';
import { baseName, challengeName, parseCertificateName, parseDomainName } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/error.ts';
import type { NameServer } from '../dns/query.ts';
import { writePrivateFile } from '../files/private-file.ts';
import { startRehearsalCa } from '../rehearsal/ca.ts';
import type { RehearsalCa } from '../rehearsal/ca.ts';
import type { EventSink } from '../telemetry/event.ts';
import { answerHere } from './answering.ts';
import { startChallengeServer } from './challenge-server.ts';
import { loadSource } from './config-source.ts';
import { openDataFolder } from './data-folder.ts';
import { createProviderZone } from './demo-provider-zone.ts';
import { demoTries } from './demo-tries.ts';
import { openIssuing } from './issuing.ts';
import { keepCurrent } from './keep-current.ts';
import { startApi } from './start-api.ts';
import { verifyDelivered } from './verify-delivered.ts';
import { listWanted } from './wanted-certificates.ts';
import { withCleanup } from './with-cleanup.ts';

export interface DemoOptions {
  readonly domain: string;
  readonly once: boolean;
  readonly ca?: string | undefined;
  readonly caRoot?: string | undefined;
  readonly dnsPort?: number | undefined;
  readonly caPort?: number | undefined;
  readonly httpPort?: number | undefined;
  /** ms; of the embedded CA's certificates. */
  readonly lifetime?: number | undefined;
  readonly out?: string | undefined;
}

export interface DemoTelling {
  readonly emit: EventSink;
  /** A step that is no event of a certificate: where something listens, what to try. */
  readonly tell: (label: string, text: string, details?: readonly string[]) => void;
  readonly clock: Clock;
}

const LOOPBACK = '127.0.0.1';
/** Short enough that a person sees the renewal. */
const SHORT_LIFETIME = 90_000;

/**
 * `evercert demo`: the whole chain on loopback. One DNS server has the challenge zone and the zone that stands for the DNS provider of the
 * domain; an embedded CA, or the one that is named, asks it. What a person would do by hand, adding the CNAME, is done here when asked for.
 */
export async function runDemo(options: DemoOptions, telling: DemoTelling, signal: AbortSignal): Promise<void> {
  const { tell, clock } = telling;
  const domain = baseName(parseCertificateName(options.domain));
  challengeName(parseCertificateName(domain));
  const out = resolve(options.out ?? join(tmpdir(), `evercert-demo-${randomBytes(6).toString('hex')}`));
  const folderOfFiles = join(out, domain);
  const loaded = await loadDemo(options, domain, out);
  const { config } = loaded;
  const { zone } = config;
  if (zone === undefined) throw new TypeError('the demo has a zone');
  await withCleanup(async (later) => {
    let isVerified = false;
    // A folder of its own making is of no use to anybody when nothing came of it.
    if (options.out === undefined) later(() => isVerified || rm(out, { recursive: true, force: true }));
    const folder = await openDataFolder(out);
    later(() => folder.close());
    const provider = createProviderZone(domain);
    const { listeners, workers } = config.dns;
    const served = { zone, listeners, workers, moreZones: [provider.zone()], store: folder.zoneStore, clock };
    const server = await startChallengeServer(served);
    later(() => server.stop());
    await server.loaded;
    const dns = { address: LOOPBACK, port: server.dns.addresses[0]?.port ?? 0 };
    tell(
      'DNS server',
      `${dns.address}:${dns.port}, UDP and TCP, with the challenge zone ${zone.name}, and ${domain} as your DNS provider would have it`,
    );
    const api = await startApi({ loaded, server, folder, clock }, {}, signal);
    later(() => api.stop(0));
    const apiUrl = `http://${LOOPBACK}:${api.addresses[0]?.port ?? 0}`;
    tell('HTTP API', `${apiUrl}, as acme-dns has it`);
    const ca = options.ca === undefined ? await startCa(options, dns, clock, out) : undefined;
    if (ca !== undefined) later(() => ca.stop());
    const directory = ca?.directoryUrl ?? config.acme.directory;
    tell('CA', ca === undefined ? directory : `${directory}, embedded; it validates over DNS`);
    const answering = await answerHere(loaded, server, clock, [provider.zone()]);
    const [configured] = await listWanted(config, folder.wanted);
    if (configured === undefined) throw new TypeError('the demo wants a certificate');
    const wanted = { ...configured, request: { ...configured.request, ca: directory } };
    const addCname = async (name: DomainName, target: DomainName) => {
      provider.add(`${name}. 60 CNAME ${target}.`);
      await server.replaceMoreZones([provider.zone()]);
      tell('CNAME added', 'by the demo; with a real domain you do this, once');
    };
    let added: Promise<void> = Promise.resolve();
    let told = '';
    const issuing = openIssuing({
      loaded: { ...loaded, config: { ...config, acme: { ...config.acme, trust: ca?.rootPem ?? config.acme.trust } } },
      folder,
      answering,
      wanted: () => wanted,
      clock,
      emit: (event) => {
        telling.emit(event);
        if (event.type === 'issuance.failed') told = event.message;
        if (event.type !== 'delegation.needed') return;
        added = added.then(() => addCname(event.name, event.target));
        // Whoever waits for it hears of a failure; when all has ended before, nobody has to.
        added.catch(() => {});
      },
    });
    later(() => issuing.close());
    await issuing.client(directory).directory(signal);
    await issuing.attend(wanted.request, { signal, forced: true });
    await added;
    tell('verified', await verifyDelivered(folderOfFiles, wanted.request.names, ca?.issuingRootPem, clock.now()));
    isVerified = true;
    if (options.once) return;
    const places = { dns: dns.port, apiUrl, domain, zone: zone.name, folder: folderOfFiles };
    tell('try it', 'while this runs:', demoTries(places));
    tell('running', 'it renews by itself; Ctrl-C ends it');
    const onFault = (error: unknown) => {
      if (messageOf(error) !== told) tell('fault', messageOf(error));
    };
    await keepCurrent({ wanted: async () => [wanted], issuing: async () => issuing, clock, onFault }, signal);
  });
}

function loadDemo(options: DemoOptions, domain: DomainName, out: string): Promise<LoadedConfig> {
  const challengeZone = parseDomainName(domain.endsWith('example.net') ? 'auth.example.com' : 'auth.example.net');
  return loadSource({
    file: undefined,
    environment: {},
    overrides: {
      data: out,
      zone: { name: challengeZone, records: [`${challengeZone}. A ${LOOPBACK}`] },
      dns: { listen: [`${LOOPBACK}:${options.dnsPort ?? 0}`], workers: 1 },
      api: { listen: [`${LOOPBACK}:${options.httpPort ?? 0}`] },
      acme: { directory: options.ca, root: options.caRoot },
      certificate: [{ names: [domain, `*.${domain}`], output: join(out, domain) }],
    },
    flagNames: { 'acme.directory': '--ca', 'acme.root': '--ca-root', data: '--out' },
  });
}

async function startCa(options: DemoOptions, resolver: NameServer, clock: Clock, out: string): Promise<RehearsalCa> {
  const ca = await startRehearsalCa({
    listen: { address: LOOPBACK, port: options.caPort ?? 0 },
    resolver,
    clock,
    certificateLifetime: options.lifetime ?? SHORT_LIFETIME,
  });
  await writePrivateFile(join(out, 'ca-https-root.pem'), ca.rootPem);
  await writePrivateFile(join(out, 'ca-root.pem'), ca.issuingRootPem);
  return ca;
}
