import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createCertificateRequest, requestPem } from '../pki/certificate-request.ts';
import type { WantedContent } from '../pki/certificate-request.ts';
import { encodePrivateKey } from '../pki/encode-key.ts';
import { generateKey, parsePrivateKey } from '../pki/key.ts';
import type { KeySpec } from '../pki/key-spec.ts';
import { parseCertificate } from '../pki/parsed-certificate.ts';
import type { ParsedCertificate } from '../pki/parsed-certificate.ts';
import { hasOpenssl, openssl } from '../pki/testing/openssl.ts';
import { signBySelf } from './self-signed.ts';
import type { Signing, SigningRequest } from './signing.ts';

const NOW = Date.UTC(2026, 10, 25, 12, 0, 0, 789);
const DAY = 86_400_000;

async function csrOf(privateKey: string, content: WantedContent): Promise<string> {
  return requestPem(await createCertificateRequest({ ...content, privateKey: parsePrivateKey(privateKey) }));
}

function signed(signing: Signing): Extract<Signing, { outcome: 'signed' }> {
  assert.ok(signing.outcome === 'signed', JSON.stringify(signing));
  return signing;
}

describe('a self-signed issuer', () => {
  let key: string;

  before(async () => {
    key = await generateKey('P-256');
  });

  async function sign(content: WantedContent, asked: Partial<SigningRequest> = {}): Promise<ParsedCertificate> {
    const signing = await signBySelf({ csr: await csrOf(key, content), ...asked }, { privateKey: key }, NOW);
    return parseCertificate(signed(signing).certificate);
  }

  const specs: KeySpec[] = [
    { algorithm: 'RSA' },
    { algorithm: 'ECDSA' },
    { algorithm: 'ECDSA', size: 384 },
    { algorithm: 'ECDSA', size: 521 },
    { algorithm: 'Ed25519' },
  ];
  for (const spec of specs) {
    for (const isCA of [false, true]) {
      test(
        `openssl verifies one with ${spec.algorithm} ${spec.size ?? ''}${isCA ? ' for a CA' : ''}`,
        { skip: !hasOpenssl && 'needs openssl' },
        async () => {
          const privateKey = encodePrivateKey(parsePrivateKey(await generateKey(spec)), 'PKCS1');
          const csr = await csrOf(privateKey, { commonName: 'example.org', dnsNames: ['example.org'], isCA });
          const { certificate, ca, warning } = signed(await signBySelf({ csr, isCA }, { privateKey }, NOW));
          assert.equal(ca, certificate);
          assert.equal(warning, undefined);
          const args = [
            'verify',
            '-attime',
            String(NOW / 1000 + 60).split('.')[0] ?? '',
            '-check_ss_sig',
            '-verify_hostname',
            'example.org',
            '-CAfile',
            'c.pem',
            'c.pem',
          ];
          const { code, said } = openssl(args, { 'c.pem': certificate });
          assert.equal(code, 0, said);
          const { said: text } = openssl(['x509', '-noout', '-text', '-in', 'c.pem'], { 'c.pem': certificate });
          assert.ok(
            text.includes(`X509v3 Basic Constraints: critical\n                CA:${isCA ? 'TRUE' : 'FALSE'}`),
            text,
          );
          assert.equal(text.includes('Subject Key Identifier'), isCA);
          assert.doesNotMatch(text, /Authority Key Identifier/);
        },
      );
    }
  }

  test('the lifetime is exact, in whole seconds from now on', async () => {
    for (const [duration, expected] of [
      [35 * DAY, 35 * DAY],
      [undefined, 90 * DAY],
      [896 * 3_600_000, 896 * 3_600_000],
    ] as const) {
      const { notBefore, notAfter } = await sign({ commonName: 'x' }, { duration });
      assert.equal(notBefore, NOW - 789);
      assert.equal(notAfter - notBefore, expected);
    }
  });

  test('usages are exactly those that are asked for', async () => {
    const usages = ['signing', 'data encipherment', 'server auth', 'client auth'];
    const found = await sign({ commonName: 'x', usages }, { usages });
    assert.deepEqual(found.usages, ['digital signature', 'data encipherment', 'server auth', 'client auth']);
  });

  test('other names come through', async () => {
    const content = {
      emailAddresses: ['a@example.org'],
      otherNames: [{ oid: '1.3.6.1.4.1.311.20.2.3', utf8Value: 'upn@example.org' }],
    };
    const found = await sign(content);
    assert.deepEqual([found.emailAddresses, found.otherNames], [content.emailAddresses, content.otherNames]);
  });

  test('revocation lists are named', { skip: !hasOpenssl && 'needs openssl' }, async () => {
    const material = {
      privateKey: key,
      crlDistributionPoints: ['http://example.org/1.crl', 'http://example.org/2.crl'],
    };
    const { certificate } = signed(await signBySelf({ csr: await csrOf(key, { commonName: 'x' }) }, material, NOW));
    const { said } = openssl(['x509', '-noout', '-text', '-in', 'c.pem'], { 'c.pem': certificate });
    assert.match(said, /URI:http:\/\/example\.org\/1\.crl[\s\S]*URI:http:\/\/example\.org\/2\.crl/);
  });

  test('serial numbers differ', async () => {
    const [one, two] = [await sign({ commonName: 'x' }), await sign({ commonName: 'x' })];
    assert.notEqual(one.serial, two.serial);
  });

  test('an empty subject is signed, and said', async () => {
    const signing = signed(
      await signBySelf({ csr: await csrOf(key, { dnsNames: ['a.example'] }) }, { privateKey: key }, NOW),
    );
    assert.match(signing.warning ?? '', /empty subject/);
  });

  const refusals: [name: string, asked: (csr: string) => SigningRequest, message: RegExp][] = [
    ['no request', () => ({ csr: 'nothing' }), /cannot be read/],
    ['a request that was changed', (csr) => ({ csr: tampered(csr) }), /not signed by the key/],
    [
      'other usages than in the request',
      (csr) => ({ csr, usages: ['server auth'] }),
      /usages \[digital signature, key encipherment\], and spec\.usages mean \[server auth\]/,
    ],
    ['a CA where the request has other usages', (csr) => ({ csr, isCA: true }), /usages/],
    ['a usage that there is not', (csr) => ({ csr, usages: ['nonsense'] }), /nonsense/],
    ['no lifetime', (csr) => ({ csr, duration: 0 }), /expire as soon as it begins/],
  ];
  for (const [name, asked, message] of refusals) {
    test(`${name}: refused for good`, async () => {
      const signing = await signBySelf(asked(await csrOf(key, { commonName: 'x' })), { privateKey: key }, NOW);
      assert.ok(signing.outcome === 'refused' && signing.blame === 'request', JSON.stringify(signing));
      assert.match(signing.message, message);
    });
  }

  test('a CA flag that differs is refused', async () => {
    const csr = await csrOf(key, { commonName: 'x', isCA: false, encodeBasicConstraints: true, encodeUsages: false });
    const signing = await signBySelf({ csr, isCA: true }, { privateKey: key }, NOW);
    assert.ok(signing.outcome === 'refused' && /CA certificate, and spec\.isCA is true/.test(signing.message));
  });

  test('another key: refused for good; one that cannot be read: the issuer has to be mended', async () => {
    const csr = await csrOf(key, { commonName: 'x' });
    const other = await signBySelf({ csr }, { privateKey: await generateKey('P-256') }, NOW);
    assert.ok(
      other.outcome === 'refused' && other.blame === 'request' && /not made with the private key/.test(other.message),
    );
    const unreadable = await signBySelf({ csr }, { privateKey: 'nothing' }, NOW);
    assert.ok(unreadable.outcome === 'refused' && unreadable.blame === 'issuer');
  });
});

/** The same request for another name, still under the old signature. */
function tampered(csr: string): string {
  const der = Buffer.from(csr.replace(/-----[^-]+-----/g, ''), 'base64');
  der.write('y', der.indexOf(Buffer.from([0x55, 4, 3])) + 5);
  return requestPem(der);
}
