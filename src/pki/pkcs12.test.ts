import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { createIntermediate, createRoot, issueCertificate } from './issue.ts';
import type { Authority } from './issue.ts';
import { encodePrivateKey } from './encode-key.ts';
import { generateKey, parsePrivateKey } from './key.ts';
import type { KeySpec } from './key-spec.ts';
import { createPkcs12KeyStore, createPkcs12TrustStore } from './pkcs12.ts';
import type { Pkcs12Profile } from './pkcs12-profile.ts';
import { publicHalf } from './public-key.ts';
import { hasOpenssl, openssl } from './testing/openssl.ts';

const VALIDITY = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2036, 0, 1) };
const PASSWORD = 'pässword';
const hasLegacy = hasOpenssl && spawnSync('openssl', ['list', '-providers', '-provider', 'legacy']).status === 0;

/** Modern2026 (RFC 9579) is read by OpenSSL 3.4 and later, so by the one in Node and not yet by Debian's. */
const OPENSSL_READS = ['LegacyRC2', 'LegacyDES', 'Modern2023'] satisfies Pkcs12Profile[];

/** What openssl says of the algorithms. */
const SHOWN: Record<(typeof OPENSSL_READS)[number], RegExp[]> = {
  LegacyRC2: [
    /MAC: sha1, Iteration 1\n/,
    /Encrypted data: pbeWithSHA1And40BitRC2-CBC, Iteration 2048/,
    /Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048/,
  ],
  LegacyDES: [
    /MAC: sha1, Iteration 1\n/,
    /Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048/,
    /Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048/,
  ],
  Modern2023: [
    /MAC: sha256, Iteration 2048\n/,
    /Encrypted data: PBES2, PBKDF2, AES-256-CBC, Iteration 2048, PRF hmacWithSHA256/,
    /Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 2048, PRF hmacWithSHA256/,
  ],
};

describe('PKCS#12 (RFC 7292)', () => {
  let root: Authority;
  let intermediate: Authority;

  before(async () => {
    root = await createRoot({ ...VALIDITY, commonName: 'root' });
    intermediate = await createIntermediate({ ...VALIDITY, issuer: root, commonName: 'intermediate' });
  });

  async function keyPair(spec: KeySpec): Promise<{ privateKey: string; chain: string }> {
    const key = parsePrivateKey(await generateKey(spec));
    const leaf = await issueCertificate({
      ...VALIDITY,
      issuer: intermediate,
      publicKey: publicHalf(key),
      names: ['example.org'],
    });
    return { privateKey: encodePrivateKey(key, 'PKCS1'), chain: leaf + intermediate.certificate };
  }

  for (const profile of OPENSSL_READS) {
    const readable = profile === 'LegacyRC2' ? hasLegacy : hasOpenssl;
    const legacy = profile === 'LegacyRC2' ? ['-legacy'] : [];
    for (const spec of [{ algorithm: 'RSA' }, { algorithm: 'ECDSA' }, { algorithm: 'Ed25519' }] satisfies KeySpec[]) {
      test(
        `${profile} with a key of ${spec.algorithm} is read by openssl`,
        { skip: !readable && 'needs an openssl that knows it' },
        async () => {
          const { privateKey, chain } = await keyPair(spec);
          const file = await createPkcs12KeyStore({
            privateKey,
            chain,
            ca: root.certificate,
            password: PASSWORD,
            profile,
          });
          const { code, said } = openssl(
            ['pkcs12', ...legacy, '-in', 'k.p12', '-info', '-nodes', '-passin', `pass:${PASSWORD}`],
            { 'k.p12': file },
          );
          assert.equal(code, 0, said);
          for (const pattern of SHOWN[profile]) assert.match(said, pattern);
          assert.deepEqual(certificatesIn(said), certificatesIn(chain + root.certificate));
          assert.ok(
            createPrivateKey(said.slice(said.indexOf('-----BEGIN PRIVATE'))).equals(createPrivateKey(privateKey)),
          );
          assert.equal(said.match(/localKeyID/g)?.length, 2);
        },
      );
    }

    test(
      `${profile}: a wrong password is noticed, a changed octet as well`,
      { skip: !readable && 'needs an openssl that knows it' },
      async () => {
        const file = await createPkcs12KeyStore({
          ...(await keyPair({ algorithm: 'ECDSA' })),
          password: PASSWORD,
          profile,
        });
        const changed = Uint8Array.from(file);
        changed[60] = (changed[60] ?? 0) ^ 1;
        for (const [bytes, password] of [
          [file, 'other'],
          [changed, PASSWORD],
        ] as const) {
          const { code } = openssl(
            ['pkcs12', ...legacy, '-in', 'k.p12', '-nokeys', '-noout', '-passin', `pass:${password}`],
            {
              'k.p12': bytes,
            },
          );
          assert.notEqual(code, 0);
        }
      },
    );
  }

  for (const profile of ['LegacyDES', 'Modern2023', 'Modern2026'] satisfies Pkcs12Profile[]) {
    test(`Node takes ${profile}, and only with the password`, async () => {
      const pfx = Buffer.from(
        await createPkcs12KeyStore({
          ...(await keyPair({ algorithm: 'RSA' })),
          ca: root.certificate,
          password: PASSWORD,
          profile,
        }),
      );
      createSecureContext({ pfx, passphrase: PASSWORD });
      assert.throws(() => createSecureContext({ pfx, passphrase: 'other' }), /mac verify failure/i);
    });
  }

  test(
    'a self-signed certificate that is its own CA is there once',
    { skip: !hasOpenssl && 'needs openssl' },
    async () => {
      const file = await createPkcs12KeyStore({
        privateKey: root.privateKey,
        chain: root.certificate,
        ca: root.certificate,
        password: PASSWORD,
        profile: 'Modern2023',
      });
      const { said } = openssl(['pkcs12', '-in', 'k.p12', '-nokeys', '-passin', `pass:${PASSWORD}`], { 'k.p12': file });
      assert.deepEqual(certificatesIn(said), certificatesIn(root.certificate));
    },
  );

  test(
    'a trust store has the CA under its name, with the mark of Java',
    { skip: !hasOpenssl && 'needs openssl' },
    async () => {
      const file = await createPkcs12TrustStore({ ca: root.certificate, password: PASSWORD, profile: 'Modern2023' });
      const { code, said } = openssl(['pkcs12', '-in', 't.p12', '-nokeys', '-passin', `pass:${PASSWORD}`], {
        't.p12': file,
      });
      assert.equal(code, 0, said);
      assert.deepEqual(certificatesIn(said), certificatesIn(root.certificate));
      assert.match(said, /friendlyName: CN=root/);
      assert.match(said, /2\.16\.840\.1\.113894\.746875\.1\.1/);
    },
  );

  test('two files of the same differ', async () => {
    const o = { ca: root.certificate, password: PASSWORD, profile: 'LegacyRC2' } as const;
    assert.notDeepEqual(await createPkcs12TrustStore(o), await createPkcs12TrustStore(o));
  });
});

function certificatesIn(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block).fingerprint256);
}
