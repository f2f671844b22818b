import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { fromTime } from '../../src/kube/conditions.ts';
import type { CertificateSpec } from '../../src/kube/schema/certificate-spec.ts';
import type { Secret } from '../../src/kube/api/secret.ts';
import { privateKeyDer } from '../../src/pki/encode-key.ts';
import { parseCertificate } from '../../src/pki/parsed-certificate.ts';
import type { ParsedCertificate } from '../../src/pki/parsed-certificate.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { startKubeWorld, textIn } from './kube-world.ts';
import type { KubeWorld } from './kube-world.ts';

// What an outside observer checks after an issuance, for SelfSigned and CA, each as Issuer and as ClusterIssuer.

type Spec = Omit<CertificateSpec, 'secretName' | 'issuerRef'>;

interface Case {
  readonly name: string;
  readonly spec: Spec;
  readonly check?: (certificate: ParsedCertificate, x509: X509Certificate) => void;
}

const HOUR = 3_600_000;
const UPN = '1.3.6.1.4.1.311.20.2.3';
/** So that what is not about keys does not wait for primes. */
const ECDSA = { privateKey: { algorithm: 'ECDSA' } } as const;

const CASES: readonly Case[] = [
  { name: 'basic', spec: { dnsNames: ['basic.example.org'] } },
  { name: 'is-ca', spec: { ...ECDSA, isCA: true, dnsNames: ['ca.example.org'] }, check: ({ isCA }) => assert.ok(isCA) },
  { name: 'ecdsa', spec: { ...ECDSA, dnsNames: ['ecdsa.example.org'] } },
  { name: 'ed25519', spec: { dnsNames: ['ed.example.org'], privateKey: { algorithm: 'Ed25519' } } },
  { name: 'cn-rsa', spec: { commonName: 'cn-rsa.example.org' } },
  { name: 'cn-ecdsa', spec: { ...ECDSA, commonName: 'cn-ecdsa.example.org' } },
  { name: 'cn-ed25519', spec: { commonName: 'cn-ed.example.org', privateKey: { algorithm: 'Ed25519' } } },
  {
    name: 'other-names',
    spec: {
      ...ECDSA,
      emailAddresses: ['a@example.org'],
      otherNames: [
        { oid: UPN, utf8Value: 'upn@example.org' },
        { oid: UPN, utf8Value: 'upn2@example.org' },
      ],
    },
    check: ({ otherNames, emailAddresses }) => {
      assert.deepEqual(emailAddresses, ['a@example.org']);
      assert.deepEqual(
        new Set(otherNames.map(({ oid, utf8Value }) => `${oid}=${utf8Value}`)),
        new Set([`${UPN}=upn@example.org`, `${UPN}=upn2@example.org`]),
      );
    },
  },
  {
    name: 'literal-subject',
    spec: { ...ECDSA, literalSubject: 'CN=*.x.example.org,OU=A,OU=B,OU=C,OU=D,O=Paca', dnsNames: ['x.example.org'] },
    check: (_, { subject }) => assert.equal(subject, 'O=Paca\nOU=D\nOU=C\nOU=B\nOU=A\nCN=*.x.example.org'),
  },
  { name: 'ip', spec: { ...ECDSA, ipAddresses: ['127.0.0.1'] } },
  { name: 'dns-and-ip', spec: { ...ECDSA, dnsNames: ['ip.example.org'], ipAddresses: ['127.0.0.1', '2001:db8::7'] } },
  { name: 'cn-and-ip', spec: { ...ECDSA, commonName: 'cn-ip.example.org', ipAddresses: ['127.0.0.1'] } },
  { name: 'email', spec: { ...ECDSA, emailAddresses: ['alice@example.org'] } },
  {
    name: 'cn-and-uri',
    spec: { ...ECDSA, commonName: 'cn-uri.example.org', uris: ['spiffe://cluster.local/ns/a/sa/b'] },
  },
  { name: 'uri', spec: { ...ECDSA, uris: ['spiffe://cluster.local/ns/a/sa/b'] } },
  {
    name: 'cn-is-san',
    spec: { ...ECDSA, commonName: 'one.example.org', dnsNames: ['one.example.org', 'two.example.org'] },
  },
  { name: 'cn-is-no-san', spec: { ...ECDSA, commonName: 'other.example.org', dnsNames: ['one.example.org'] } },
  { name: 'duration', spec: { ...ECDSA, dnsNames: ['duration.example.org'], duration: '896h' } },
  { name: 'wildcard', spec: { ...ECDSA, dnsNames: ['*.wild.example.org'] } },
  { name: 'wildcard-and-apex', spec: { ...ECDSA, dnsNames: ['*.wild.example.org', 'wild.example.org'] } },
  {
    name: 'usages',
    spec: {
      ...ECDSA,
      dnsNames: ['usages.example.org'],
      usages: ['signing', 'data encipherment', 'server auth', 'client auth'],
    },
    check: ({ usages }, { keyUsage }) => {
      assert.deepEqual(new Set(keyUsage), new Set(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']));
      for (const usage of ['digital signature', 'data encipherment'] as const) assert.ok(usages.includes(usage), usage);
    },
  },
  { name: 'long-name', spec: { ...ECDSA, dnsNames: [`${'a'.repeat(63)}.example.org`] } },
  {
    name: 'organization',
    spec: { ...ECDSA, dnsNames: ['org.example.org'], subject: { organizations: ['Example, Inc.'], countries: ['DE'] } },
    check: (_, { subject }) => assert.equal(subject, 'C=DE\nO=Example\\, Inc.'),
  },
  {
    name: 'pkcs8-and-formats',
    spec: {
      dnsNames: ['formats.example.org'],
      privateKey: { algorithm: 'RSA', encoding: 'PKCS8' },
      additionalOutputFormats: [{ type: 'DER' }, { type: 'CombinedPEM' }],
    },
  },
];

const ISSUERS = [
  { name: 'self', kind: 'Issuer' },
  { name: 'self', kind: 'ClusterIssuer' },
  { name: 'ca', kind: 'Issuer' },
  { name: 'ca', kind: 'ClusterIssuer' },
] as const;

describe(
  'Certificates of SelfSigned and CA issuers on a real API server',
  { skip: kubeClusterSkip(), timeout: 170_000 },
  () => {
    let world: KubeWorld;
    const ends: (() => unknown)[] = [];
    before(async () => {
      world = await startKubeWorld({ after: (end: () => unknown) => void ends.unshift(end) } as unknown as TestContext);
      await world.issuer('self', { selfSigned: {} });
      await world.clusterIssuer('self', { selfSigned: {} });
      await makeAuthorities(world);
      for (const issuer of ISSUERS) {
        for (const { name, spec } of CASES) {
          const id = nameOf(name, issuer);
          await world.create(id, { ...spec, secretName: `${id}-tls`, issuerRef: issuer });
        }
      }
    });
    after(async () => {
      for (const end of ends) await end();
    });

    for (const issuer of ISSUERS) {
      for (const one of CASES) {
        test(`${issuer.name} ${issuer.kind}: ${one.name}`, async () => {
          const id = nameOf(one.name, issuer);
          const { status, metadata } = await world.ready(id, 60_000);
          const secret = await world.secret(`${id}-tls`);
          assert.ok(secret);
          const issued = checkCommon(secret, id, one.spec, issuer.name === 'self');
          assert.equal(fromTime(status?.notAfter), issued.notAfter);
          assert.equal(
            status?.conditions?.find(({ type }) => type === 'Ready')?.observedGeneration,
            metadata.generation,
          );
          assert.equal(status?.revision, 1);
          one.check?.(issued, new X509Certificate(textIn(secret, 'tls.crt')));
        });
      }
    }

    test('health and metrics are answered, under the names that are looked for', async () => {
      const { health, metrics } = addressesOf(world.controller.output());
      for (const path of ['/livez', '/readyz', '/healthz']) {
        const answer = await fetch(`http://127.0.0.1:${health}${path}`, { signal: AbortSignal.timeout(10_000) });
        assert.deepEqual([answer.status, await answer.text()], [200, 'ok'], path);
      }
      await world.ready('ca-n-basic', 60_000);
      const answer = await fetch(`http://127.0.0.1:${metrics}/metrics`, { signal: AbortSignal.timeout(10_000) });
      assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
      const labels =
        'name="ca-n-basic",namespace="default",issuer_name="ca",issuer_kind="Issuer",issuer_group="cert-manager.io"';
      const text = await answer.text();
      assert.match(text, new RegExp(`certmanager_certificate_ready_status\\{${labels},condition="True"\\} 1\n`));
      assert.match(text, /certmanager_controller_sync_call_count\{controller="certificates"\} [1-9]/);
    });

    test('an intermediate, and one below it: the chain in tls.crt leads to ca.crt', async () => {
      const ca = { ...ECDSA, isCA: true };
      await world.create('middle', {
        ...ca,
        commonName: 'Middle',
        secretName: 'middle-tls',
        issuerRef: { name: 'ca' },
      });
      await world.issuer('middle', { ca: { secretName: 'middle-tls' } });
      await world.issuerReady('middle');
      await world.create('lower', {
        ...ca,
        commonName: 'Lower',
        secretName: 'lower-tls',
        issuerRef: { name: 'middle' },
      });
      await world.issuer('lower', { ca: { secretName: 'lower-tls' } });
      await world.create('bottom', {
        ...ECDSA,
        dnsNames: ['bottom.example.org'],
        secretName: 'bottom-tls',
        issuerRef: { name: 'lower' },
      });
      await world.ready('bottom');
      const secret = await world.secret('bottom-tls');
      assert.ok(secret);
      assert.equal(textIn(secret, 'tls.crt').match(/BEGIN CERTIFICATE/g)?.length, 3);
      verifyChain(secret);
    });
  },
);

/** The ports that the line `starting` of the log names. */
function addressesOf(output: string): { health: number; metrics: number } {
  const line = output.split('\n').find((one) => one.includes('"message":"starting"')) ?? '{}';
  const { health, metrics } = JSON.parse(line) as { health: { port: number }; metrics: { port: number } };
  return { health: health.port, metrics: metrics.port };
}

/** A root in the namespace, and the same in the cluster resource namespace. */
async function makeAuthorities(world: KubeWorld): Promise<void> {
  await world.create('root', {
    ...ECDSA,
    isCA: true,
    commonName: 'Example Root',
    secretName: 'root-tls',
    duration: '87600h',
    issuerRef: { name: 'self' },
  });
  await world.ready('root');
  const secret = await world.secret('root-tls');
  assert.ok(secret);
  const { type, data } = secret;
  const copy = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'root-tls', namespace: 'cert-manager' },
    type,
    data,
  };
  await world.cluster.kubectl(['apply', '-f', '-'], JSON.stringify(copy));
  await world.issuer('ca', { ca: { secretName: 'root-tls' } });
  await world.clusterIssuer('ca', { ca: { secretName: 'root-tls' } });
  await world.issuerReady('ca');
  await world.issuerReady('ca', 'ClusterIssuer');
}

function nameOf(name: string, issuer: (typeof ISSUERS)[number]): string {
  return `${issuer.name}-${issuer.kind === 'Issuer' ? 'n' : 'c'}-${name}`;
}

/** The checks that are the same for every Certificate. */
function checkCommon(secret: Secret, name: string, spec: Spec, isSelfSigned: boolean): ParsedCertificate {
  assert.equal(secret.type, 'kubernetes.io/tls');
  assert.equal(secret.metadata.annotations?.['cert-manager.io/certificate-name'], name);
  assert.equal(secret.metadata.labels?.['controller.cert-manager.io/fao'], 'true');
  const x509 = new X509Certificate(textIn(secret, 'tls.crt'));
  const issued = parseCertificate(textIn(secret, 'tls.crt'));
  const key = createPrivateKey(textIn(secret, 'tls.key'));
  assert.ok(createPublicKey(key).equals(x509.publicKey));
  const { algorithm = 'RSA', encoding = 'PKCS1' } = spec.privateKey ?? {};
  assert.equal(key.asymmetricKeyType, { RSA: 'rsa', ECDSA: 'ec', Ed25519: 'ed25519' }[algorithm]);
  if (algorithm === 'RSA') assert.equal(key.asymmetricKeyDetails?.modulusLength, 2048);
  if (algorithm === 'ECDSA') assert.equal(key.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  const header =
    encoding === 'PKCS8' || algorithm === 'Ed25519'
      ? 'PRIVATE KEY'
      : { RSA: 'RSA PRIVATE KEY', ECDSA: 'EC PRIVATE KEY' }[algorithm];
  assert.ok(textIn(secret, 'tls.key').startsWith(`-----BEGIN ${header}-----\n`));
  assert.deepEqual(new Set(issued.dnsNames), new Set(spec.dnsNames));
  assert.deepEqual(new Set(issued.ipAddresses), new Set(spec.ipAddresses));
  assert.deepEqual(new Set(issued.uris), new Set(spec.uris));
  assert.deepEqual(new Set(issued.emailAddresses), new Set(spec.emailAddresses));
  if (spec.literalSubject === undefined) assert.equal(issued.commonName, spec.commonName ?? '');
  assert.equal(x509.ca, spec.isCA ?? false);
  const hours = spec.duration === undefined ? 90 * 24 : Number.parseInt(spec.duration, 10);
  assert.equal(issued.notAfter - issued.notBefore, hours * HOUR);
  assert.equal(textIn(secret, 'ca.crt') === textIn(secret, 'tls.crt'), isSelfSigned);
  verifyChain(secret);
  for (const { type } of spec.additionalOutputFormats ?? []) {
    if (type === 'DER')
      assert.deepEqual(
        Buffer.from(secret.data?.['key.der'] ?? '', 'base64'),
        Buffer.from(privateKeyDer(textIn(secret, 'tls.key'))),
      );
    else assert.equal(textIn(secret, 'tls-combined.pem'), `${textIn(secret, 'tls.key')}\n${textIn(secret, 'tls.crt')}`);
  }
  return issued;
}

function verifyChain(secret: Secret): void {
  const chain = (textIn(secret, 'tls.crt') + textIn(secret, 'ca.crt'))
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((pem) => pem !== '')
    .map((pem) => new X509Certificate(pem));
  const root = chain.at(-1);
  assert.ok(root?.verify(root.publicKey), 'ca.crt is its own issuer');
  for (const [index, issuer] of chain.slice(1).entries()) {
    const below = chain[index];
    assert.ok(below?.verify(issuer.publicKey), `${below?.subject} by ${issuer.subject}`);
  }
}
