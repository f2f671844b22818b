import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createCertificateRequest, requestPem } from '../pki/certificate-request.ts';
import type { WantedContent } from '../pki/certificate-request.ts';
import { generateKey, parsePrivateKey } from '../pki/key.ts';
import type { KeySpec } from '../pki/key-spec.ts';
import { parseCertificate } from '../pki/parsed-certificate.ts';
import { hasOpenssl, openssl } from '../pki/testing/openssl.ts';
import { authorityFault, signByAuthority } from './certificate-authority.ts';
import type { AuthorityMaterial } from './certificate-authority.ts';
import { signBySelf } from './self-signed.ts';
import type { Signing, SigningRequest } from './signing.ts';

const NOW = Date.UTC(2026, 10, 25, 12);
const DAY = 86_400_000;
const LEAF: WantedContent = {
  commonName: 'leaf.example.org',
  dnsNames: ['leaf.example.org'],
  usages: ['digital signature', 'server auth'],
};
const NEEDS_OPENSSL = { skip: !hasOpenssl && 'needs openssl' };

function signed(signing: Signing): Extract<Signing, { outcome: 'signed' }> {
  assert.ok(signing.outcome === 'signed', JSON.stringify(signing));
  return signing;
}

interface Asked extends SigningRequest {
  readonly privateKey: string;
}

async function ask(spec: KeySpec, content: WantedContent, more: Partial<SigningRequest> = {}): Promise<Asked> {
  const privateKey = await generateKey(spec);
  const csr = requestPem(await createCertificateRequest({ ...content, privateKey: parsePrivateKey(privateKey) }));
  return { csr, privateKey, isCA: content.isCA, usages: content.usages, ...more };
}

describe('a CA issuer', () => {
  let root: AuthorityMaterial;
  let first: AuthorityMaterial;
  let second: AuthorityMaterial;

  before(async () => {
    const { privateKey, ...asked } = await ask(
      { algorithm: 'RSA' },
      { commonName: 'root', isCA: true },
      { duration: 3650 * DAY },
    );
    root = { privateKey, certificate: signed(await signBySelf(asked, { privateKey }, NOW)).certificate };
    first = await authority(root, 'first', { algorithm: 'ECDSA', size: 384 });
    second = await authority(first, 'second', { algorithm: 'Ed25519' });
  });

  /** As a CA issuer finds it in a Secret: tls.crt, tls.key. */
  async function authority(issuer: AuthorityMaterial, commonName: string, spec: KeySpec): Promise<AuthorityMaterial> {
    const { privateKey, ...asked } = await ask(spec, { commonName, isCA: true }, { duration: 1000 * DAY });
    return { privateKey, certificate: signed(await signByAuthority(asked, issuer, NOW)).certificate };
  }

  const specs: KeySpec[] = [{ algorithm: 'RSA' }, { algorithm: 'ECDSA' }, { algorithm: 'Ed25519' }];
  for (const spec of specs) {
    test(
      `a leaf with ${spec.algorithm} under a root, an intermediate, and an intermediate of that`,
      NEEDS_OPENSSL,
      async () => {
        for (const [issuer, length] of [
          [root, 1],
          [first, 2],
          [second, 3],
        ] as const) {
          const { certificate, ca, warning } = signed(await signByAuthority(await ask(spec, LEAF), issuer, NOW));
          assert.equal(warning, undefined);
          assert.equal(certificate.match(/BEGIN/g)?.length, length);
          // The root is not known to an intermediate's Secret; then the topmost certificate stands for it, as in cert-manager.
          const top = issuer === root ? root.certificate : lastOf(certificate);
          assert.equal(ca, top);
          const args = [
            'verify',
            '-x509_strict',
            '-attime',
            String(NOW / 1000),
            '-purpose',
            'sslserver',
            '-verify_hostname',
            'leaf.example.org',
            '-CAfile',
            'root.pem',
            '-untrusted',
            'chain.pem',
            'chain.pem',
          ];
          const { code, said } = openssl(args, { 'root.pem': root.certificate, 'chain.pem': certificate });
          assert.equal(code, 0, said);
        }
      },
    );
  }

  test('with the root in the Secret as well, it is the CA and not in the chain', async () => {
    const whole = { ...second, certificate: second.certificate + root.certificate };
    const { certificate, ca } = signed(await signByAuthority(await ask({ algorithm: 'ECDSA' }, LEAF), whole, NOW));
    assert.equal(ca, root.certificate);
    assert.equal(certificate.match(/BEGIN/g)?.length, 3);
  });

  test('what is written into a leaf', NEEDS_OPENSSL, async () => {
    const issuer = {
      ...root,
      crlDistributionPoints: ['http://example.org/crl'],
      ocspServers: ['http://example.org/ocsp'],
      issuingCertificateURLs: ['http://example.org/ca'],
    };
    const { certificate } = signed(
      await signByAuthority(await ask({ algorithm: 'ECDSA' }, LEAF, { duration: 35 * DAY }), issuer, NOW),
    );
    const { said } = openssl(['x509', '-noout', '-text', '-in', 'c.pem'], { 'c.pem': certificate });
    const keyId = (parseCertificate(root.certificate).subjectKeyId ?? new Uint8Array()) as Buffer;
    for (const text of [
      'Signature Algorithm: sha256WithRSAEncryption',
      'Not Before: Nov 25 12:00:00 2026 GMT',
      'Not After : Dec 30 12:00:00 2026 GMT',
      'X509v3 Key Usage: critical\n                Digital Signature\n',
      'TLS Web Server Authentication\n',
      'CA:FALSE',
      `X509v3 Authority Key Identifier: \n                ${keyId.toString('hex').toUpperCase().match(/../g)?.join(':')}`,
      'OCSP - URI:http://example.org/ocsp',
      'CA Issuers - URI:http://example.org/ca',
      'URI:http://example.org/crl',
      'DNS:leaf.example.org',
    ]) {
      assert.ok(said.includes(text), `${text}\n${said}`);
    }
    assert.doesNotMatch(said, /Subject Key Identifier|Subject Alternative Name: critical/);
  });

  test('name constraints of a CA hold', NEEDS_OPENSSL, async () => {
    const { privateKey, ...asked } = await ask(
      { algorithm: 'ECDSA' },
      {
        commonName: 'narrow',
        isCA: true,
        nameConstraints: { critical: true, permitted: { dnsDomains: ['example.net'] } },
      },
    );
    const narrow = { privateKey, certificate: signed(await signByAuthority(asked, root, NOW)).certificate };
    const verify = async (name: string): Promise<number | null> => {
      const { certificate } = signed(
        await signByAuthority(await ask({ algorithm: 'ECDSA' }, { dnsNames: [name] }), narrow, NOW),
      );
      const args = [
        'verify',
        '-attime',
        String(NOW / 1000),
        '-CAfile',
        'root.pem',
        '-untrusted',
        'chain.pem',
        'chain.pem',
      ];
      return openssl(args, { 'root.pem': root.certificate, 'chain.pem': certificate }).code;
    };
    assert.deepEqual([await verify('a.example.net'), (await verify('a.example.org')) !== 0], [0, true]);
  });

  test('a leaf that outlives its CA is signed, and said', async () => {
    const { warning } = signed(
      await signByAuthority(await ask({ algorithm: 'ECDSA' }, LEAF, { duration: 4000 * DAY }), root, NOW),
    );
    assert.match(warning ?? '', /outlives its CA/);
  });

  test('a request that contradicts itself is refused for good', async () => {
    const asked = await ask({ algorithm: 'ECDSA' }, LEAF, { usages: ['client auth'] });
    const signing = await signByAuthority(asked, root, NOW);
    assert.ok(signing.outcome === 'refused' && signing.blame === 'request' && /usages/.test(signing.message));
  });

  test('key material that is none of a CA is the fault of the issuer', async () => {
    const asked = await ask({ algorithm: 'ECDSA' }, LEAF);
    const { certificate } = signed(await signByAuthority(asked, root, NOW));
    const rows: [material: AuthorityMaterial, message: RegExp][] = [
      [{ ...root, certificate: 'nothing' }, /cannot be read/],
      [{ ...root, privateKey: 'nothing' }, /private key cannot be read/],
      [{ ...root, privateKey: first.privateKey }, /does not belong to its certificate/],
      [{ certificate, privateKey: asked.privateKey }, /none of a CA/],
      [{ ...second, certificate: second.certificate + lastOf(certificate) }, /not one chain/],
    ];
    for (const [material, message] of rows) {
      assert.match(authorityFault(material) ?? '', message);
      const signing = await signByAuthority(asked, material, NOW);
      assert.ok(signing.outcome === 'refused' && signing.blame === 'issuer');
      assert.match(signing.message, message);
    }
    for (const good of [root, first, second]) assert.equal(authorityFault(good), undefined);
  });
});

function lastOf(pem: string): string {
  return pem.slice(pem.lastIndexOf('-----BEGIN'));
}
