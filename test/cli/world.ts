import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { parseDomainName } from '../../src/core/domain-name.ts';
import type { NameServer } from '../../src/dns/query.ts';
import { parseRecordLine } from '../../src/dns/record-line.ts';
import { startDnsServer } from '../../src/dns/server.ts';
import type { ZoneOptions } from '../../src/dns/zone.ts';
import { startRehearsalCa } from '../../src/rehearsal/ca.ts';
import type { RehearsalCa, RehearsalCaOptions } from '../../src/rehearsal/ca.ts';
import type { RequestKind } from '../../src/rehearsal/faults.ts';
import { freePort } from '../peers/free-port.ts';
import { tempFolder } from '../peers/temp-folder.ts';
import { startForwarder } from './forwarder.ts';

export const CHALLENGE_ZONE = 'auth.example.net';
/** The zones at "the DNS provider". */
const USER_ZONES = ['example.org', 'other.org', 'third.org'];

/** All that evercert meets outside: a DNS provider, a resolver, and a CA that really asks. All in the process of the test. */
export interface World {
  readonly ca: RehearsalCa;
  /** Where evercert is to serve DNS: the resolver looks there for the challenge zone. */
  readonly dns: NameServer;
  readonly apiPort: number;
  readonly folder: string;
  /** The root of the CA's HTTPS. */
  readonly caRootFile: string;
  /** Adds a CNAME at the provider, as a person does. */
  addCname(name: string, target: string): Promise<void>;
  /** Takes all CNAMEs away. */
  removeCnames(): Promise<void>;
  /** A configuration file for this world, with its own data folder; returns the file. */
  writeConfig(name: string, more?: string): string;
  dataFolder(name: string): string;
  /** Requests of one kind that the CA has answered with success. */
  done(kind: RequestKind): number;
  stop(): Promise<void>;
}

export async function startWorld(options: Partial<RehearsalCaOptions> = {}): Promise<World> {
  const { path: folder, remove } = tempFolder('cli');
  const cnames: string[] = [];
  const zones = (): ZoneOptions[] => USER_ZONES.map((origin) => zoneOf(origin, cnames));
  const provider = await startDnsServer({
    listeners: [
      { address: '127.0.0.1', port: 0, transport: 'udp' },
      { address: '127.0.0.1', port: 0, transport: 'tcp' },
    ],
    zones: zones(),
    workers: 0,
  });
  const providerAt = { address: '127.0.0.1', port: provider.addresses[0]?.port ?? 0 };
  const dns = { address: '127.0.0.1', port: await freePort() };
  const forwarder = await startForwarder((name) => (isBelow(name, CHALLENGE_ZONE) ? dns : providerAt));
  const ca = await startRehearsalCa({ resolver: forwarder.server, clock: systemClock, ...options });
  const caRootFile = join(folder, 'ca-root.pem');
  writeFileSync(caRootFile, ca.rootPem);
  const apiPort = await freePort();
  const dataFolder = (name: string): string => join(folder, `${name}-data`);
  return {
    ca,
    dns,
    apiPort,
    folder,
    caRootFile,
    dataFolder,
    async addCname(name, target) {
      cnames.push(`${name}. 1 CNAME ${target}.`);
      await provider.replaceZones(zones());
    },
    async removeCnames() {
      cnames.length = 0;
      await provider.replaceZones(zones());
    },
    writeConfig(name, more = '') {
      const routes = USER_ZONES.map((zone) => `"${zone}" = ["${textOf(providerAt)}"]`).join(', ');
      const lines = [
        `data = "${dataFolder(name)}"`,
        `[zone]\nname = "${CHALLENGE_ZONE}"\nrecords = ["${CHALLENGE_ZONE}. A 127.0.0.1"]`,
        `[dns]\nlisten = ["${textOf(dns)}"]`,
        `[api]\nlisten = ["127.0.0.1:${apiPort}"]`,
        `[acme]\ndirectory = "${ca.directoryUrl}"\nroot = "${caRootFile}"`,
        `[dns01]\nresolvers = ["${textOf(forwarder.server)}"]\nroutes = { ${routes} }`,
        more,
      ];
      const file = join(folder, `${name}.toml`);
      writeFileSync(file, `${lines.join('\n')}\n`);
      return file;
    },
    done: (kind) => ca.requests.filter((one) => one.kind === kind && one.status >= 200 && one.status < 300).length,
    async stop() {
      await ca.stop();
      await forwarder.stop();
      await provider.stop();
      remove();
    },
  };
}

function zoneOf(name: string, cnames: readonly string[]): ZoneOptions {
  const origin = parseDomainName(name);
  const primary = parseDomainName(`ns.${origin}`);
  const own = cnames.filter((line) => isBelow(line.slice(0, line.indexOf('. ')), origin));
  const records = [`${origin}. 60 NS ${primary}.`, `${primary}. 60 A 127.0.0.1`, ...own];
  return {
    origin,
    primary,
    mailbox: parseDomainName(`hostmaster.${origin}`),
    records: records.map((line) => parseRecordLine(line)),
  };
}

function isBelow(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

function textOf({ address, port }: NameServer): string {
  return `${address}:${port}`;
}
