import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import type { KubeObject } from '../../src/kube/api/object.ts';
import type { Secret } from '../../src/kube/api/secret.ts';
import { secretBytes } from '../../src/kube/api/secret.ts';
import { fromGoDuration } from '../../src/kube/certificate/go-duration.ts';
import { conditionOf, fromTime, isTrue } from '../../src/kube/conditions.ts';
import type { CertificateRequest } from '../../src/kube/schema/certificate-request.ts';
import type { Certificate } from '../../src/kube/schema/certificate.ts';
import type { Order } from '../../src/kube/schema/order.ts';
import { valuesOf } from '../../src/pki/distinguished-name.ts';
import { privateKeyDer } from '../../src/pki/encode-key.ts';
import { parseCertificate } from '../../src/pki/parsed-certificate.ts';
import type { RecordedStep } from './kube-recording.ts';
import { isDone, textIn } from './kube-world.ts';

// What somebody outside looks at who knows nothing but the API of cert-manager.

export type Signer = 'selfSigned' | 'ca' | 'acme';

/** RFC 4519 section 2.19. */
const ORGANIZATION = '2.5.4.10';
const DAY = 24 * 3_600_000;
const KEY_TYPES = { RSA: 'rsa', ECDSA: 'ec', Ed25519: 'ed25519' } as const;
/** Of times and durations that somebody else may have rounded. */
const TOLERANCE = 30_000;

/** The checks after an issuance: key, names, lifetime, chain, formats and status are as the Certificate asks. */
export function assertIssued(certificate: Certificate, secret: Secret, signer: Signer): void {
  const { spec, metadata, status } = certificate;
  assert.ok(isDone(certificate), `${metadata.name} is not done`);
  assert.equal(secret.metadata.annotations?.['cert-manager.io/certificate-name'], metadata.name);
  const key = createPrivateKey(textIn(secret, 'tls.key'));
  const { algorithm = 'RSA', size } = spec.privateKey ?? {};
  assert.equal(key.asymmetricKeyType, KEY_TYPES[algorithm]);
  if (algorithm === 'RSA') assert.equal(key.asymmetricKeyDetails?.modulusLength, size ?? 2048);
  const issued = parseCertificate(textIn(secret, 'tls.crt'));
  const leaf = new X509Certificate(textIn(secret, 'tls.crt'));
  assert.ok(createPublicKey(key).equals(leaf.publicKey), 'tls.key belongs to tls.crt');

  for (const name of spec.dnsNames ?? []) assert.ok(issued.dnsNames.includes(name), name);
  for (const [got, wanted] of [
    [issued.uris, spec.uris],
    [issued.emailAddresses, spec.emailAddresses],
    [issued.ipAddresses, spec.ipAddresses],
  ] as const) {
    assert.deepEqual(new Set(got), new Set(wanted));
  }
  if (signer !== 'acme') {
    if (spec.commonName !== undefined) assert.equal(issued.commonName, spec.commonName);
    assert.deepEqual(valuesOf(issued.subject, ORGANIZATION), spec.subject?.organizations ?? []);
    const duration = fromGoDuration(spec.duration) ?? 90 * DAY;
    assert.ok(Math.abs(issued.notAfter - issued.notBefore - duration) <= TOLERANCE, 'duration');
  }
  assert.equal(leaf.ca, spec.isCA ?? false);
  assert.equal(fromTime(status?.notAfter), issued.notAfter);
  assert.equal(fromTime(status?.notBefore), issued.notBefore);
  const renewal = fromTime(status?.renewalTime) ?? 0;
  assert.ok(renewal > issued.notBefore && renewal < issued.notAfter, 'renewalTime lies in the lifetime');
  assertChain(secret, signer);
  for (const { type } of spec.additionalOutputFormats ?? []) {
    if (type === 'DER') {
      assert.deepEqual(
        Buffer.from(secretBytes(secret, 'key.der') ?? []),
        Buffer.from(privateKeyDer(textIn(secret, 'tls.key'))),
      );
    } else {
      assert.equal(textIn(secret, 'tls-combined.pem'), `${textIn(secret, 'tls.key')}\n${textIn(secret, 'tls.crt')}`);
    }
  }
}

/** tls.crt leads to ca.crt, which is its own issuer; ACME gives no ca.crt. */
function assertChain(secret: Secret, signer: Signer): void {
  const chain = textIn(secret, 'tls.crt')
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((pem) => pem !== '')
    .map((pem) => new X509Certificate(pem));
  if (signer === 'acme') assert.equal(secret.data?.['ca.crt'], undefined);
  else chain.push(new X509Certificate(textIn(secret, 'ca.crt')));
  for (const [index, issuer] of chain.slice(1).entries())
    assert.ok(chain[index]?.verify(issuer.publicKey), `${issuer.subject} has signed`);
  const root = chain.at(-1);
  if (signer !== 'acme') assert.ok(root?.verify(root.publicKey), 'ca.crt is its own issuer');
}

type Is = (step: RecordedStep & { readonly object: KubeObject }) => boolean;

/** The first issuance as a watcher sees it: each thing is there before the next one. In the order of resource versions, which is that of etcd. */
export function assertWalk(steps: readonly RecordedStep[], certificate: string, signer: Signer): void {
  const of =
    (kind: string, isSo: (object: never) => boolean, type?: RecordedStep['type']): Is =>
    (step) =>
      step.object.kind === kind && (type === undefined || step.type === type) && isSo(step.object as never);
  const isOwn = ({ spec, metadata }: Certificate) => metadata.name === certificate && spec.secretName !== '';
  const conditions = ({ status }: Certificate) => status?.conditions;
  const isNextKey = ({ metadata }: Secret) =>
    metadata.labels?.['cert-manager.io/next-private-key'] === 'true' &&
    metadata.ownerReferences?.[0]?.name === certificate;
  const isRequest = ({ metadata }: CertificateRequest) => metadata.name === `${certificate}-1`;
  const isOrder = ({ metadata }: Order) => metadata.ownerReferences?.[0]?.name === `${certificate}-1`;
  const isChallenge = ({ metadata }: KubeObject) =>
    metadata.ownerReferences?.[0]?.name.startsWith(`${certificate}-1-`) === true;
  const order: readonly (readonly [what: string, is: Is])[] = [
    ['the Order is made', of('Order', isOrder, 'ADDED')],
    ['the Order knows its URL', of('Order', (one: Order) => isOrder(one) && one.status?.url !== undefined)],
    ['a Challenge is made', of('Challenge', isChallenge, 'ADDED')],
    [
      'the Challenge is valid',
      of(
        'Challenge',
        (one: KubeObject & { status?: { state?: string } }) => isChallenge(one) && one.status?.state === 'valid',
      ),
    ],
    [
      'the Order has the certificate',
      of(
        'Order',
        (one: Order) => isOrder(one) && one.status?.state === 'valid' && one.status.certificate !== undefined,
      ),
    ],
  ];
  const walk: readonly (readonly [what: string, is: Is])[] = [
    ['the Certificate is made', of('Certificate', isOwn, 'ADDED')],
    [
      'Issuing is True',
      of(
        'Certificate',
        (one: Certificate) =>
          isOwn(one) &&
          conditionOf(conditions(one), 'Issuing')?.reason === 'DoesNotExist' &&
          isTrue(conditions(one), 'Issuing'),
      ),
    ],
    ['the next key is there', of('Secret', isNextKey, 'ADDED')],
    ['the request is made', of('CertificateRequest', isRequest, 'ADDED')],
    // An Order of what our own approver approves is there a moment before the condition says so.
    ...(signer === 'acme' ? order : []),
    [
      'the request is approved',
      of(
        'CertificateRequest',
        (one: CertificateRequest) => isRequest(one) && isTrue(one.status?.conditions, 'Approved'),
      ),
    ],
    [
      'the request is issued',
      of(
        'CertificateRequest',
        (one: CertificateRequest) =>
          isRequest(one) && isTrue(one.status?.conditions, 'Ready') && one.status?.certificate !== undefined,
      ),
    ],
    [
      'the Secret is there',
      of(
        'Secret',
        ({ metadata }: Secret) => metadata.annotations?.['cert-manager.io/certificate-name'] === certificate,
      ),
    ],
    [
      'the Certificate is Ready',
      of(
        'Certificate',
        (one: Certificate) => isOwn(one) && isTrue(conditions(one), 'Ready') && one.status?.revision === 1,
      ),
    ],
    ['the Certificate is done', of('Certificate', (one: Certificate) => isOwn(one) && isDone(one))],
  ];
  let last = 0;
  for (const [what, is] of walk) {
    const found = steps.find((step) => step.type !== 'EVENT' && versionOf(step.object) >= last && is(step));
    assert.ok(
      found !== undefined && found.type !== 'EVENT',
      `${certificate}: ${what}, not before what comes before it`,
    );
    last = versionOf(found.object);
  }
  const gone = steps.some((step) => step.type === 'DELETED' && of('Secret', isNextKey)(step));
  assert.ok(gone, `${certificate}: the temporary Secret is gone`);
}

function versionOf({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion);
}
