import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../core/clock.ts';
import { certificateId } from '../pki/certificate-id.ts';
import { checkIssued, parseChain } from '../pki/chain.ts';
import { startRehearsalCa } from './ca.ts';
import type { RehearsalCa } from './ca.ts';
import { startScriptedDns } from './testing/scripted-dns.ts';
import type { ScriptedDns } from './testing/scripted-dns.ts';
import { createSigner, StrictClient } from './testing/strict-client.ts';
import type { Dns01 } from './testing/strict-client.ts';

describe('one certificate, from the account to the renewal', () => {
  let dns: ScriptedDns;
  let ca: RehearsalCa;
  let client: StrictClient;
  const present = (challenge: Dns01): void => dns.addTxt(challenge.name, challenge.digest);

  before(async () => {
    dns = await startScriptedDns();
    ca = await startRehearsalCa({ resolver: dns.server, clock: systemClock });
    client = new StrictClient(ca);
  });
  after(async () => {
    client.close();
    await ca.stop();
    await dns.stop();
  });

  for (const alg of ['ES256', 'ES384', 'RS256']) {
    test(`apex and wildcard with an account key for ${alg}`, async () => {
      const account = await client.register(await createSigner(alg));
      const names = ['example.org', '*.example.org'];
      const { chain, privateKey, certificateUrl } = await account.issue(names, present);
      checkIssued({ chain, privateKey, names, now: Date.now() });
      const [leaf, intermediate] = parseChain(chain);
      const [root] = parseChain(ca.issuingRootPem);
      assert.ok(leaf && intermediate && root);
      assert.ok(intermediate.x509.verify(root.publicKey));

      const download = await account.get(certificateUrl);
      const alternateUrl = /<([^>]*)>;rel="alternate"/.exec(String(download.headers['link']))?.[1] ?? '';
      const alternate = parseChain((await account.get(alternateUrl)).text);
      const [otherRoot] = parseChain(ca.alternateRootPem);
      assert.ok(otherRoot);
      assert.equal(alternate[0]?.serial, leaf.serial);
      assert.ok(alternate[1]?.x509.verify(otherRoot.publicKey));

      const info = await client.send('GET', `/renewal-info/${certificateId(leaf)}`);
      const window = info.json['suggestedWindow'] as { start: string; end: string };
      assert.ok(leaf.notBefore < Date.parse(window.start) && Date.parse(window.start) < Date.parse(window.end));
      assert.ok(Date.parse(window.end) < leaf.notAfter);
    });
  }
});
