import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createCertificateRequest, requestPem } from '../../pki/certificate-request.ts';
import { encodePrivateKey } from '../../pki/encode-key.ts';
import { generateKey, parsePrivateKey } from '../../pki/key.ts';
import { recordedObject } from '../../pki/testing/recorded.ts';
import { secretData } from '../api/secret.ts';
import type { Secret } from '../api/secret.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import { certificateState } from './certificate-state.ts';
import type { GatheredCertificate } from './certificate-state.ts';
import { readinessViolation, temporaryViolation, triggerViolation } from './policies.ts';
import type { Violation } from './violation.ts';

/** While everything that was recorded is fresh. */
const THEN = Date.parse('2026-11-24T01:00:00Z');
const DAY = 86_400_000;

interface Kinds {
  readonly Certificate: Certificate;
  readonly CertificateRequest: CertificateRequest;
  readonly Secret: Secret;
}

function recorded<Kind extends keyof Kinds>(kind: Kind, name: string): Kinds[Kind] {
  return recordedObject(kind, name) as unknown as Kinds[Kind];
}

/** What cert-manager 1.21 left behind: nothing of it may be issued anew by a program that takes its place. */
describe('certificates that cert-manager issued are taken over as they are', () => {
  for (const [name, secret, request] of [
    ['leaf', 'leaf-tls', 'leaf-4'],
    ['root', 'root-tls', 'root-1'],
    ['shop-tls', 'shop-tls', 'shop-tls-1'],
    ['edge-tls', 'edge-tls', 'edge-tls-1'],
    ['acme-nowait', 'acme-nowait-tls', 'acme-nowait-1'],
    ['acme-wild', 'acme-wild-tls', 'acme-wild-1'],
    ['twin-a', 'twin-tls', 'twin-a-1'],
  ] as const) {
    for (const withRequest of [true, false]) {
      test(`${name}, ${withRequest ? 'with its request' : 'its request gone'}`, () => {
        const state = certificateState({
          certificate: recorded('Certificate', name),
          secret: recorded('Secret', secret),
          currentRequest: withRequest ? recorded('CertificateRequest', request) : undefined,
        });
        assert.deepEqual([triggerViolation(state, THEN), readinessViolation(state, THEN)], [undefined, undefined]);
      });
    }
  }

  test('but not by another Certificate that names the same Secret', () => {
    const state = certificateState({
      certificate: recorded('Certificate', 'twin-b'),
      secret: recorded('Secret', 'twin-tls'),
      currentRequest: undefined,
    });
    const { reason, message } = readinessViolation(state, THEN) ?? {};
    assert.equal(reason, 'IncorrectCertificate');
    assert.equal(
      message,
      'Secret was issued for "twin-a". If this message is not transient, you might have two conflicting Certificates pointing to the same secret.',
    );
  });
});

describe('why a certificate is issued anew', () => {
  const certificate = recorded('Certificate', 'leaf');
  const secret = recorded('Secret', 'leaf-tls');
  const currentRequest = recorded('CertificateRequest', 'leaf-4');
  const good: GatheredCertificate = { certificate, secret, currentRequest };
  let otherKey: string;
  let otherRequest: CertificateRequest;

  before(async () => {
    const key = parsePrivateKey(await generateKey({ algorithm: 'RSA' }));
    otherKey = encodePrivateKey(key, 'PKCS1');
    const csr = requestPem(await createCertificateRequest({ dnsNames: ['x.example'], privateKey: key }));
    otherRequest = {
      ...currentRequest,
      spec: { ...currentRequest.spec, request: Buffer.from(csr).toString('base64') },
    };
  });

  const data = (change: Record<string, string>): Partial<GatheredCertificate> => ({
    secret: { ...secret, data: { ...secret.data, ...secretData(change) } },
  });
  const annotated = (change: Record<string, string>): Partial<GatheredCertificate> => ({
    secret: { ...secret, metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, ...change } } },
  });
  const spec = (change: Partial<Certificate['spec']>): Partial<GatheredCertificate> => ({
    certificate: { ...certificate, spec: { ...certificate.spec, ...change } },
  });

  const rows: [
    name: string,
    change: () => Partial<GatheredCertificate>,
    reason: Violation['reason'],
    message: string | RegExp,
  ][] = [
    ['no Secret', () => ({ secret: undefined }), 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
    [
      'an empty Secret',
      () => ({ secret: { ...secret, data: undefined } }),
      'MissingData',
      'Issuing certificate as Secret does not contain any data',
    ],
    [
      'no key',
      () => data({ 'tls.key': '' }),
      'MissingData',
      'Issuing certificate as Secret does not contain a private key',
    ],
    [
      'no certificate',
      () => data({ 'tls.crt': '' }),
      'MissingData',
      'Issuing certificate as Secret does not contain a certificate',
    ],
    [
      'a key that is none',
      () => data({ 'tls.key': 'x' }),
      'InvalidKeyPair',
      /^Issuing certificate as Secret contains invalid private key data: the private key cannot be read/,
    ],
    [
      'a certificate that is none',
      () => data({ 'tls.crt': 'x' }),
      'InvalidCertificate',
      /^Issuing certificate as Secret contains an invalid certificate: /,
    ],
    [
      'a key of another certificate',
      () => data({ 'tls.key': otherKey }),
      'InvalidKeyPair',
      'Issuing certificate as Secret contains a private key that does not match the certificate',
    ],
    [
      'another issuer',
      () => spec({ issuerRef: { name: 'other' } }),
      'IncorrectIssuer',
      'Issuing certificate as Secret was previously issued by "Issuer.cert-manager.io/ca"',
    ],
    [
      'an issuer of another kind',
      () => spec({ issuerRef: { name: 'ca', kind: 'ClusterIssuer' } }),
      'IncorrectIssuer',
      'Issuing certificate as Secret was previously issued by "Issuer.cert-manager.io/ca"',
    ],
    [
      'an issuer of another group',
      () => annotated({ 'cert-manager.io/issuer-group': 'example.org', 'cert-manager.io/issuer-kind': 'Signer' }),
      'IncorrectIssuer',
      'Issuing certificate as Secret was previously issued by "Signer.example.org/ca"',
    ],
    [
      'the Secret of another Certificate',
      () => annotated({ 'cert-manager.io/certificate-name': 'other' }),
      'IncorrectCertificate',
      /^Secret was issued for "other"\./,
    ],
    [
      'another size of key',
      () => spec({ privateKey: { algorithm: 'RSA', size: 4096 } }),
      'SecretMismatch',
      'Existing private key is not up to date for spec: [spec.privateKey.size]',
    ],
    [
      'another kind of key',
      () => spec({ privateKey: { algorithm: 'ECDSA' } }),
      'SecretMismatch',
      'Existing private key is not up to date for spec: [spec.privateKey.algorithm]',
    ],
    [
      'a request with another key',
      () => ({ currentRequest: otherRequest }),
      'SecretMismatch',
      'Secret contains a private key that does not match the current CertificateRequest',
    ],
    [
      'a request that is none',
      () => ({ currentRequest: { ...currentRequest, spec: { ...currentRequest.spec, request: 'eA==' } } }),
      'InvalidCertificateRequest',
      /^Failed to decode current CertificateRequest: /,
    ],
    [
      'another DNS name',
      () => spec({ dnsNames: ['leaf.example.org'] }),
      'RequestChanged',
      'Fields on existing CertificateRequest resource not up to date: [spec.dnsNames]',
    ],
    [
      'several fields',
      () => spec({ commonName: 'x', uris: [], isCA: true, usages: ['any'], duration: '24h' }),
      'RequestChanged',
      'Fields on existing CertificateRequest resource not up to date: [spec.uris spec.commonName spec.isCA spec.usages spec.duration]',
    ],
    [
      'another DNS name, the request gone',
      () => ({ ...spec({ dnsNames: ['x.example'] }), currentRequest: undefined }),
      'SecretMismatch',
      'Issuing certificate as Existing issued Secret is not up to date for spec: [spec.dnsNames]',
    ],
  ];
  for (const [name, change, reason, message] of rows) {
    test(`${name}: ${reason}`, () => {
      const state = certificateState({ ...good, ...change() });
      const violation = triggerViolation(state, THEN);
      assert.equal(violation?.reason, reason);
      if (typeof message === 'string') assert.equal(violation?.message, message);
      else assert.match(violation?.message ?? '', message);
      assert.deepEqual(readinessViolation(state, THEN), violation);
    });
  }

  const fine: [name: string, change: () => Partial<GatheredCertificate>][] = [
    ['nothing has changed', () => ({})],
    [
      'kind and group of the issuer are written out',
      () => spec({ issuerRef: { name: 'ca', kind: 'Issuer', group: 'cert-manager.io' } }),
    ],
    ['the default size is written out', () => spec({ privateKey: { algorithm: 'RSA', size: 2048 } })],
    ['the duration is written in another way', () => spec({ duration: '2160h0m0s' })],
    ['the duration is no longer given', () => spec({ duration: undefined })],
    ['usages in another order', () => spec({ usages: certificate.spec.usages?.toReversed() })],
    ['a Secret of somebody else for an Issuer', () => ({ secret: { ...secret, metadata: { name: 'leaf-tls' } } })],
    ['renewBefore and template', () => spec({ renewBefore: '1h', secretTemplate: { labels: { a: 'b' } } })],
    ['a literal subject that cannot be read', () => spec({ literalSubject: 'X=blah' })],
  ];
  for (const [name, change] of fine) {
    test(`${name}: not at all`, () =>
      assert.equal(triggerViolation(certificateState({ ...good, ...change() }), THEN), undefined));
  }

  test('a Secret of somebody else is not taken for a ClusterIssuer', () => {
    const state = certificateState({
      ...good,
      ...spec({ issuerRef: { name: 'ca', kind: 'ClusterIssuer' } }),
      secret: { ...secret, metadata: { name: 'leaf-tls' } },
    });
    assert.equal(triggerViolation(state, THEN)?.reason, 'IncorrectIssuer');
  });

  test('when its time has come it is renewed, and ready until it ends', () => {
    // renewBefore is 360h; the certificate ends on 22 February 2027, 00:24:45.
    const state = certificateState(good);
    const due = Date.parse('2027-02-07T00:24:45Z');
    assert.equal(triggerViolation(state, due - 1000), undefined);
    assert.deepEqual(triggerViolation(state, due), {
      reason: 'Renewing',
      message: 'Renewing certificate as renewal was scheduled at 2027-02-07 00:24:45 +0000 UTC',
    });
    assert.equal(readinessViolation(state, due + 10 * DAY), undefined);
    assert.deepEqual(readinessViolation(state, due + 15 * DAY + 1000), {
      reason: 'Expired',
      message: 'Certificate expired on Mon, 22 Feb 2027 00:24:45 UTC',
    });
  });

  test('one that is never renewed is issued anew only when something has changed', () => {
    const state = certificateState({ ...good, ...spec({ renewal: { policy: 'Disabled' } }) });
    assert.equal(triggerViolation(state, THEN + 1000 * DAY), undefined);
    assert.equal(readinessViolation(state, THEN + 1000 * DAY)?.reason, 'Expired');
  });

  test('the CA says when, for the certificate that it was asked about', () => {
    const ari = { suggestedWindow: { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00Z' } };
    const status = {
      notBefore: '2026-11-24T00:24:45Z',
      notAfter: '2027-02-22T00:24:45Z',
      renewalTime: '2026-12-01T12:00:00Z',
      acme: { ari },
    };
    const noon = Date.parse('2026-12-01T12:00:00Z');
    const asked = certificateState({ ...good, certificate: { ...certificate, status } });
    assert.equal(triggerViolation(asked, noon - 1000), undefined);
    assert.deepEqual(triggerViolation(asked, noon), {
      reason: 'Renewing',
      message: 'Renewing certificate as renewal was scheduled at 2026-12-01 12:00:00 +0000 UTC',
    });
    const renewed = { ...status, notBefore: '2026-10-24T00:24:45Z', notAfter: '2027-01-22T00:24:45Z' };
    assert.equal(
      triggerViolation(certificateState({ ...good, certificate: { ...certificate, status: renewed } }), noon),
      undefined,
    );
  });

  test('a temporary certificate is needed while there is no key pair', () => {
    assert.equal(temporaryViolation(certificateState({ ...good, secret: undefined }), THEN)?.reason, 'DoesNotExist');
    assert.equal(
      temporaryViolation(certificateState({ ...good, ...data({ 'tls.key': otherKey }) }), THEN)?.reason,
      'InvalidKeyPair',
    );
    assert.equal(temporaryViolation(certificateState({ ...good, ...spec({ dnsNames: [] }) }), THEN), undefined);
  });
});
