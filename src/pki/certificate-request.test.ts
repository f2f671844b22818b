import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { DomainError } from '../core/error.ts';
import { createCertificateRequest, parseCertificateRequest, requestPem } from './certificate-request.ts';
import type { WantedContent } from './certificate-request.ts';
import { parseCsr } from './csr.ts';
import { readableName } from './distinguished-name.ts';
import { generateKey, parsePrivateKey } from './key.ts';
import type { KeySpec } from './key-spec.ts';
import { SIGNATURE_ALGORITHMS } from './signature.ts';
import type { SignatureAlgorithm } from './signature.ts';
import { hasOpenssl, openssl } from './testing/openssl.ts';

const NEEDS_OPENSSL = { skip: !hasOpenssl && 'needs openssl' };

const ALL: WantedContent = {
  commonName: 'example.org',
  subject: { organizations: ['Example'], organizationalUnits: ['Web', 'Shop'], countries: ['DE'] },
  dnsNames: ['example.org', '*.example.org'],
  ipAddresses: ['192.0.2.7', '2001:db8::7'],
  uris: ['spiffe://example.org/leaf'],
  emailAddresses: ['admin@example.org'],
  otherNames: [{ oid: '1.3.6.1.4.1.311.20.2.3', utf8Value: 'user@exämple.org' }],
  usages: ['signing', 'data encipherment', 'server auth', 'client auth'],
};

async function privateKey(spec: KeySpec = { algorithm: 'ECDSA' }): Promise<ReturnType<typeof parsePrivateKey>> {
  return parsePrivateKey(await generateKey(spec));
}

function read(der: Uint8Array): string {
  const { code, said } = openssl(['req', '-verify', '-noout', '-text', '-in', 'csr.pem'], {
    'csr.pem': requestPem(der),
  });
  assert.equal(code, 0, said);
  assert.match(said, /self-signature verify OK/);
  return said;
}

describe('certificate requests (RFC 2986)', () => {
  const keys: [spec: KeySpec, signature: string][] = [
    [{ algorithm: 'RSA' }, 'sha256WithRSAEncryption'],
    [{ algorithm: 'RSA', size: 3072 }, 'sha384WithRSAEncryption'],
    [{ algorithm: 'RSA', size: 4096 }, 'sha512WithRSAEncryption'],
    [{ algorithm: 'ECDSA' }, 'ecdsa-with-SHA256'],
    [{ algorithm: 'ECDSA', size: 384 }, 'ecdsa-with-SHA384'],
    [{ algorithm: 'ECDSA', size: 521 }, 'ecdsa-with-SHA512'],
    [{ algorithm: 'Ed25519' }, 'ED25519'],
  ];
  for (const [spec, signature] of keys) {
    test(`openssl reads and verifies one with ${spec.algorithm} ${spec.size ?? ''}`, NEEDS_OPENSSL, async () => {
      const said = read(await createCertificateRequest({ ...ALL, privateKey: await privateKey(spec) }));
      assert.ok(said.includes(`Signature Algorithm: ${signature}`), said);
    });
  }

  test('openssl shows every field', NEEDS_OPENSSL, async () => {
    const said = read(await createCertificateRequest({ ...ALL, privateKey: await privateKey() }));
    for (const line of [
      'Subject: C = DE, O = Example, OU = Web + OU = Shop, CN = example.org',
      'DNS:example.org, DNS:*.example.org, email:admin@example.org, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7, URI:spiffe://example.org/leaf, othername: UPN::user@exämple.org',
      'X509v3 Key Usage: critical\n                    Digital Signature, Data Encipherment\n',
      'X509v3 Extended Key Usage: \n                    TLS Web Server Authentication, TLS Web Client Authentication\n',
    ]) {
      assert.ok(said.includes(line), `${line}\n${said}`);
    }
    assert.doesNotMatch(said, /Subject Alternative Name: critical|Basic Constraints/);
  });

  test('without a subject the alternative names are critical', NEEDS_OPENSSL, async () => {
    const said = read(await createCertificateRequest({ dnsNames: ['a.example'], privateKey: await privateKey() }));
    assert.match(said, /Subject: *\n/);
    assert.match(said, /Subject Alternative Name: critical/);
  });

  test('what is written is read back', async () => {
    const key = await privateKey();
    const content = {
      ...ALL,
      isCA: true,
      encodeBasicConstraints: true,
      nameConstraints: { critical: true, permitted: { dnsDomains: ['example.org'] } },
    };
    const found = parseCertificateRequest(requestPem(await createCertificateRequest({ ...content, privateKey: key })));
    for (const kind of ['dnsNames', 'ipAddresses', 'uris', 'emailAddresses', 'otherNames'] as const)
      assert.deepEqual(found[kind], ALL[kind]);
    assert.equal(readableName(found.subject), 'CN=example.org,OU=Web+OU=Shop,O=Example,C=DE');
    assert.equal(found.commonName, 'example.org');
    assert.deepEqual(found.usages, [
      'digital signature',
      'data encipherment',
      'cert sign',
      'server auth',
      'client auth',
    ]);
    assert.deepEqual([found.isCA, found.verified], [true, true]);
    assert.deepEqual(found.nameConstraints?.permitted?.dnsDomains, ['example.org']);
    assert.equal(found.nameConstraints?.critical, true);
    assert.ok(found.publicKey.equals(createPublicKey(key)));
  });

  test('usages can be left out', async () => {
    const found = parseCertificateRequest(
      await createCertificateRequest({ ...ALL, encodeUsages: false, privateKey: await privateKey() }),
    );
    assert.deepEqual([found.usages, found.isCA, found.nameConstraints], [undefined, undefined, undefined]);
  });

  test('a literal subject is written backwards', NEEDS_OPENSSL, async () => {
    const literalSubject = String.raw`CN=\"a\"\, b,UID=u,SERIALNUMBER=7,OU=o1,OU=o2,DC=d1,DC=d2,O=o,STREET=s,L=l,C=DE`;
    const said = read(await createCertificateRequest({ literalSubject, privateKey: await privateKey() }));
    assert.ok(
      said.includes(
        String.raw`Subject: C = DE, L = l, street = s, O = o, DC = d2, DC = d1, OU = o2, OU = o1, serialNumber = 7, UID = u, CN = "\"a\", b"`,
      ),
      said,
    );
  });

  for (const signatureAlgorithm of SIGNATURE_ALGORITHMS) {
    test(`${signatureAlgorithm} signs with the right kind of key, and only with it`, NEEDS_OPENSSL, async () => {
      const fits = await privateKey({ algorithm: kindOf(signatureAlgorithm) });
      read(await createCertificateRequest({ ...ALL, privateKey: fits, signatureAlgorithm }));
      const other = await privateKey({ algorithm: signatureAlgorithm === 'PureEd25519' ? 'ECDSA' : 'Ed25519' });
      await assert.rejects(
        createCertificateRequest({ ...ALL, privateKey: other, signatureAlgorithm }),
        (error) => error instanceof DomainError && error.code === 'invalid-key',
      );
    });
  }

  test('another library reads the same names', async () => {
    const found = await parseCsr(await createCertificateRequest({ ...ALL, privateKey: await privateKey() }));
    assert.deepEqual([found.names, found.commonName, found.verified], [ALL.dnsNames, ALL.commonName, true]);
  });

  test('one that was changed after signing is not verified', async () => {
    for (const spec of [{ algorithm: 'RSA' }, { algorithm: 'ECDSA' }, { algorithm: 'Ed25519' }] satisfies KeySpec[]) {
      const der = Buffer.from(
        await createCertificateRequest({ dnsNames: ['example.org'], privateKey: await privateKey(spec) }),
      );
      der.write('X', der.indexOf('example.org'));
      const found = parseCertificateRequest(der);
      assert.deepEqual([found.dnsNames, found.verified], [['Xxample.org'], false]);
    }
  });

  test('a request for nothing is not made', async () => {
    const content = { subject: {}, dnsNames: [], privateKey: await privateKey() };
    await assert.rejects(
      createCertificateRequest(content),
      (error) => error instanceof DomainError && error.code === 'invalid-request',
    );
  });

  test('every cut, and every other octet, ends in a value or in that error', async () => {
    const der = await createCertificateRequest({ ...ALL, privateKey: await privateKey() });
    for (let at = 0; at < der.length; at++) {
      const changed = Uint8Array.from(der);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      for (const bytes of [der.subarray(0, at), changed]) {
        try {
          parseCertificateRequest(bytes);
        } catch (error) {
          assert.ok(error instanceof DomainError && error.code === 'invalid-csr', String(error));
        }
      }
    }
  });

  for (const text of [
    '',
    'nothing',
    '-----BEGIN CERTIFICATE REQUEST-----\n*\n-----END CERTIFICATE REQUEST-----\n',
    requestPem(Uint8Array.of(1, 2, 3)),
  ]) {
    test(`${JSON.stringify(text.slice(0, 60))} is no request`, () => {
      assert.throws(
        () => parseCertificateRequest(text),
        (error) => error instanceof DomainError && error.code === 'invalid-csr',
      );
    });
  }
});

function kindOf(signature: SignatureAlgorithm): 'RSA' | 'ECDSA' | 'Ed25519' {
  if (signature.endsWith('RSA')) return 'RSA';
  return signature.startsWith('ECDSA') ? 'ECDSA' : 'Ed25519';
}
