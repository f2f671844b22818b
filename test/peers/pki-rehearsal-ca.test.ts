import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { parseChain } from '../../src/pki/chain.ts';
import { startRehearsalCa, type RehearsalCa } from '../../src/rehearsal/ca.ts';
import { registerAcmeDnsAccounts } from './acme-dns-accounts.ts';
import { startAcmeDnsServer, type AcmeDnsServer } from './acmedns-server.ts';
import { runCertbot } from './certbot.ts';
import { runLego, type ClientOptions } from './lego.ts';
import { startNsd } from './nsd.ts';
import { peers } from './require-peer.ts';
import { tempFolder, type TempFolder } from './temp-folder.ts';
import { startUnbound, type Unbound } from './unbound.ts';
import type { UserZones } from './user-zones.ts';

const NAMES = ['example.org', '*.example.org'];

/** The embedded CA is worth something only if clients that were never made for it get along with it. */
describe('other clients at the embedded CA', { skip: peers('nsd', 'unbound', 'lego-acmedns', 'certbot') }, () => {
  let folder: TempFolder;
  let acmeDns: AcmeDnsServer;
  let zones: UserZones;
  let resolver: Unbound;
  let ca: RehearsalCa;
  let client: ClientOptions;

  before(async () => {
    folder = tempFolder('rehearsal');
    acmeDns = await startAcmeDnsServer();
    const accounts = join(folder.path, 'accounts.json');
    const api = `http://127.0.0.1:${acmeDns.apiPort}`;
    const targets = await registerAcmeDnsAccounts(api, ['example.org'], accounts);
    const cname = `_acme-challenge.example.org. CNAME ${targets.get('example.org')}.`;
    zones = await startNsd({ zones: { 'example.org': cname } });
    resolver = await startUnbound({
      stubs: {
        'example.org': `127.0.0.1@${zones.port}`,
        [acmeDns.origin]: `127.0.0.1@${acmeDns.dnsPort}`,
      },
    });
    ca = await startRehearsalCa({ resolver, clock: systemClock, retryAfter: 1 });
    const rootFile = join(folder.path, 'root.pem');
    writeFileSync(rootFile, ca.rootPem);
    const pebble = { directoryUrl: ca.directoryUrl, rootFile } as ClientOptions['pebble'];
    client = { pebble, acmeDns: api, accounts, resolver: `127.0.0.1:${resolver.port}` };
  });

  after(async () => {
    await Promise.all([ca?.stop(), resolver?.stop(), zones?.stop(), acmeDns?.stop()]);
    folder?.remove();
  });

  function checkChain(pem: string): void {
    const [leaf, intermediate, ...rest] = parseChain(pem);
    assert.ok(leaf && intermediate && rest.length === 0);
    assert.deepEqual(leaf.names.toSorted(), NAMES.toSorted());
    assert.ok(leaf.x509.verify(intermediate.publicKey));
    assert.ok(intermediate.x509.verify(new X509Certificate(ca.issuingRootPem).publicKey));
  }

  const refused = () =>
    ca.requests.filter((request) => request.status >= 400).map(({ kind, status }) => `${kind} ${status}`);

  test('lego', async () => {
    const [answer] = (await runLego(client, [NAMES])).certificates;
    checkChain(answer?.certificate ?? '');
    assert.deepEqual(refused(), []);
  });

  test('certbot', async () => {
    checkChain((await runCertbot({ ...client, propagationSeconds: 0 }, NAMES)).certificate);
    assert.deepEqual(refused(), []);
  });
});
