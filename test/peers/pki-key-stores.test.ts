import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createIntermediate, createRoot, issueCertificate } from '../../src/pki/issue.ts';
import type { Authority } from '../../src/pki/issue.ts';
import { createJksKeyStore, createJksTrustStore } from '../../src/pki/jks.ts';
import { generateKey, parsePrivateKey } from '../../src/pki/key.ts';
import type { KeySpec } from '../../src/pki/key-spec.ts';
import { createPkcs12KeyStore, createPkcs12TrustStore } from '../../src/pki/pkcs12.ts';
import type { Pkcs12Profile } from '../../src/pki/pkcs12-profile.ts';
import { publicHalf } from '../../src/pki/public-key.ts';
import { peers } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';
import type { TempFolder } from './temp-folder.ts';

const VALIDITY = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2036, 0, 1) };
const PASSWORD = 'changeit';
const NOW = Date.UTC(2026, 10, 25);

/** The stores are for Java, so Java has to read them. Modern2026 needs Java 26, which Debian does not have yet; Node reads it in src/pki/pkcs12.test.ts. */
describe('key stores in Java', { skip: peers('keytool', 'openssl') }, () => {
  let folder: TempFolder;
  let root: Authority;
  let intermediate: Authority;

  before(async () => {
    folder = tempFolder('key-stores');
    root = await createRoot({ ...VALIDITY, commonName: 'Example Root' });
    intermediate = await createIntermediate({ ...VALIDITY, issuer: root, commonName: 'Example CA' });
  });
  after(() => folder?.remove());

  async function keyPair(spec: KeySpec): Promise<{ privateKey: string; chain: string; ca: string }> {
    const privateKey = await generateKey(spec);
    const publicKey = publicHalf(parsePrivateKey(privateKey));
    const leaf = await issueCertificate({ ...VALIDITY, issuer: intermediate, publicKey, names: ['example.org'] });
    return { privateKey, chain: leaf + intermediate.certificate, ca: root.certificate };
  }

  function keytool(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('keytool', ['-J-Duser.language=en', ...args], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    assert.equal(status, 0, stdout + stderr);
    return stdout;
  }

  function stored(name: string, bytes: Uint8Array): string {
    const path = join(folder.path, name);
    writeFileSync(path, bytes, { mode: 0o600 });
    return path;
  }

  for (const profile of ['LegacyRC2', 'LegacyDES', 'Modern2023'] satisfies Pkcs12Profile[]) {
    test(`PKCS#12, ${profile}: the key with its chain, and a CA that is trusted`, async () => {
      const file = await createPkcs12KeyStore({
        ...(await keyPair({ algorithm: 'RSA' })),
        password: PASSWORD,
        profile,
      });
      const said = keytool('-list', '-v', '-keystore', stored(`${profile}.p12`, file), '-storepass', PASSWORD);
      assert.match(
        said,
        /Your keystore contains 1 entry\n[\s\S]*Entry type: PrivateKeyEntry\nCertificate chain length: 3\n/,
      );
      const trust = await createPkcs12TrustStore({ ca: root.certificate, password: PASSWORD, profile });
      const trusted = keytool('-list', '-keystore', stored(`${profile}-trust.p12`, trust), '-storepass', PASSWORD);
      assert.match(trusted, /Your keystore contains 1 entry\n[\s\S]*cn=example root, .*trustedCertEntry/);
    });
  }

  test('JKS: the key under its alias, the CA, and the key comes out again', async () => {
    const pair = await keyPair({ algorithm: 'ECDSA' });
    const path = stored('key.jks', createJksKeyStore({ ...pair, password: PASSWORD, alias: 'Certificate', now: NOW }));
    const said = keytool('-list', '-v', '-keystore', path, '-storepass', PASSWORD);
    assert.match(said, /Your keystore contains 2 entries/);
    assert.match(
      said,
      /Alias name: certificate\nCreation date: Nov 2\d, 2026\nEntry type: PrivateKeyEntry\nCertificate chain length: 2\n/,
    );
    assert.match(said, /Alias name: ca\n[^\n]*\nEntry type: trustedCertEntry/);
    const out = join(folder.path, 'out.p12');
    keytool(
      '-importkeystore',
      '-noprompt',
      '-srckeystore',
      path,
      '-srcstorepass',
      PASSWORD,
      '-destkeystore',
      out,
      '-deststoretype',
      'PKCS12',
      '-deststorepass',
      PASSWORD,
    );
    const { stdout } = spawnSync(
      'openssl',
      ['pkcs12', '-in', out, '-nocerts', '-nodes', '-passin', `pass:${PASSWORD}`],
      { encoding: 'utf8', timeout: 20_000 },
    );
    assert.ok(createPrivateKey(stdout.slice(stdout.indexOf('-----BEGIN'))).equals(createPrivateKey(pair.privateKey)));
  });

  test('JKS: a trust store has the CA', () => {
    const path = stored('trust.jks', createJksTrustStore({ ca: root.certificate, password: PASSWORD, now: NOW }));
    assert.match(keytool('-list', '-keystore', path, '-storepass', PASSWORD), /ca, Nov 2\d, 2026, trustedCertEntry/);
  });

  test('JKS: a wrong password and a changed octet are noticed', () => {
    const bytes = createJksTrustStore({ ca: root.certificate, password: PASSWORD, now: NOW });
    const path = stored('wrong.jks', bytes);
    assert.notEqual(
      spawnSync('keytool', ['-list', '-keystore', path, '-storepass', 'another'], { timeout: 30_000 }).status,
      0,
    );
    const changed = Uint8Array.from(bytes);
    changed[20] = (changed[20] ?? 0) ^ 1;
    writeFileSync(path, changed);
    assert.notEqual(
      spawnSync('keytool', ['-list', '-keystore', path, '-storepass', PASSWORD], { timeout: 30_000 }).status,
      0,
    );
    assert.ok(readFileSync(path).length === bytes.length);
  });
});
