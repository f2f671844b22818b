import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { systemClock } from '../../core/clock.ts';
import { createConnection } from './connection.ts';
import { credentialsFault } from './credentials-fault.ts';
import type { Credentials } from './kube-config.ts';

function pair(): { key: string; certificate: string } {
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a -keyout -'.split(' ');
  const text = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [key = '', certificate = ''] = text.split(/(?=-----BEGIN CERTIFICATE)/);
  return { key, certificate };
}

describe('credentialsFault', () => {
  const one = pair();
  const other = pair();
  const rows: readonly (readonly [string, Credentials, RegExp | undefined])[] = [
    ['nothing', {}, undefined],
    ['all of it', { ...one, ca: other.certificate, token: 'a.b-c_d' }, undefined],
    ['several roots, and words between', { ca: `# A\n${one.certificate}\n# B\n${other.certificate}` }, undefined],
    ['a token of two words', { token: 'SECRET SECRET' }, /^a token with characters that no token can have$/],
    ['roots that are none', { ca: 'SECRET' }, /^a certificate-authority that is no certificate/],
    ['roots that are cut off', { ca: one.certificate.slice(0, 200) }, /^a certificate-authority that is no cert/],
    ['a certificate alone', { certificate: one.certificate }, /^a client certificate and no key/],
    ['a key alone', { key: one.key }, /^a client key and no certificate/],
    ['a pair that is none', { certificate: one.certificate, key: other.key }, /do not belong together$/],
    ['no PEM', { certificate: 'SECRET', key: 'SECRET' }, /cannot be read as PEM/],
  ];
  for (const [what, credentials, expected] of rows) {
    test(what, () => {
      const fault = credentialsFault(credentials);
      if (expected === undefined) assert.equal(fault, undefined);
      else assert.match(fault ?? '', expected);
      assert.doesNotMatch(fault ?? '', /SECRET/);
    });
  }

  test('a connection says so before it connects, and goes on with what was good', { timeout: 10_000 }, async (t) => {
    let credentials: Credentials = { ca: 'cut off' };
    let now = 0;
    const config = { server: 'https://kube', skipTlsVerify: false, credentials: () => Promise.resolve(credentials) };
    const connection = createConnection(config, { ...systemClock, now: () => now });
    t.after(() => connection.close());
    const { signal } = new AbortController();
    await assert.rejects(connection.current(signal), {
      code: 'invalid-kubeconfig',
      message: /^for the API server https:\/\/kube there is a certificate-authority that is no certificate in PEM$/,
    });
    credentials = { ca: one.certificate };
    const connected = await connection.current(signal);
    credentials = { ca: 'cut off' };
    now = 3_600_000;
    assert.equal(await connection.current(signal), connected);
    await assert.rejects(connection.renewed(connected, 'roots', signal), { code: 'invalid-kubeconfig' });
  });
});
