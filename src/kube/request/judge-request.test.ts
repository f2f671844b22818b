import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { createCertificateRequest, requestPem } from '../../pki/certificate-request.ts';
import { certificateRequestResource } from '../schema/certificate-request.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import { clusterIssuerResource, issuerResource } from '../schema/issuer.ts';
import { createFakeDeps } from '../testing/fake-deps.ts';
import { judgeRequest } from './judge-request.ts';
import { requestState } from './request-state.ts';
import { approved, failed, invalid, issued, pending } from './request-status.ts';

const NOW = Date.UTC(2026, 0, 1);
const ready = (status: 'True' | 'False') => ({ conditions: [{ type: 'Ready', status, message: 'as it is' }] });

let csr: string;
before(async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = await createCertificateRequest({ privateKey, dnsNames: ['a.example.org'] });
  csr = Buffer.from(requestPem(der)).toString('base64');
});

function setUp() {
  const world = createFakeDeps();
  world.put(issuerResource, { metadata: { name: 'self' }, spec: { selfSigned: {} }, status: ready('True') });
  world.put(issuerResource, { metadata: { name: 'sick' }, spec: { ca: { secretName: 'x' } }, status: ready('False') });
  const request = (change: Partial<CertificateRequest> & { ref?: object } = {}): CertificateRequest =>
    world.put(certificateRequestResource, {
      metadata: { name: 'r', ...change.metadata },
      spec: { request: csr, issuerRef: { name: 'self', ...change.ref }, ...change.spec },
      ...(change.status !== undefined && { status: change.status }),
    });
  return { world, request };
}

describe('judgeRequest', () => {
  const rows: [
    what: string,
    change: Parameters<ReturnType<typeof setUp>['request']>[0],
    approves: boolean,
    kind: string,
  ][] = [
    ['a new one is approved and signed', {}, true, 'sign'],
    ['without the approver it waits', {}, false, 'await-approval'],
    ['approved by somebody else it is signed', { status: approved({}, NOW) }, false, 'sign'],
    ['one of another group is only approved', { ref: { group: 'example.org', kind: 'Thing' } }, true, 'approve'],
    ['and left alone when others approve', { ref: { group: 'example.org', kind: 'Thing' } }, false, 'nothing'],
    ['no such issuer', { ref: { name: 'nobody' } }, true, 'await-issuer'],
    ['no such ClusterIssuer', { ref: { kind: 'ClusterIssuer' } }, true, 'await-issuer'],
    ['an issuer that is not Ready', { ref: { name: 'sick' } }, true, 'await-issuer'],
    ['a final one is never looked at again', { status: failed({}, 'Failed', 'x', NOW) }, true, 'nothing'],
    ['nor one that is issued', { status: issued({}, { certificate: 'x' }, NOW) }, true, 'nothing'],
    ['one that waits is signed when it can be', { status: pending(approved({}, NOW), 'x', NOW) }, true, 'sign'],
  ];
  for (const [what, change, approves, kind] of rows) {
    test(what, () => {
      const { world, request } = setUp();
      assert.equal(judgeRequest(request(change), world.deps, approves).kind, kind);
    });
  }

  test('who denies wins over who approves', () => {
    const { world, request } = setUp();
    const { conditions = [] } = approved({}, NOW);
    const status = { conditions: [...conditions, { type: 'Denied', status: 'True' as const }] };
    assert.equal(judgeRequest(request({ status }), world.deps, true).kind, 'deny');
  });

  test('a CSR that cannot be read is said to be invalid', () => {
    const { world, request } = setUp();
    const broken = request({
      spec: { request: Buffer.from('nonsense').toString('base64'), issuerRef: { name: 'self' } },
    });
    const judgement = judgeRequest(broken, world.deps, true);
    assert.equal(judgement.kind, 'invalid');
    assert.match(judgement.kind === 'invalid' ? judgement.message : '', /cannot be read/);
  });

  test('the sentence about an issuer has what the issuer says itself', () => {
    const { world, request } = setUp();
    const judgement = judgeRequest(request({ ref: { name: 'sick' } }), world.deps, true);
    assert.match(
      judgement.kind === 'await-issuer' ? judgement.message : '',
      /^Referenced issuer does not have a Ready status condition \(Issuer default\/sick: as it is\)$/,
    );
  });

  test('a ClusterIssuer is not one of the namespace', () => {
    const { world, request } = setUp();
    world.put(clusterIssuerResource, {
      metadata: { name: 'all', namespace: '' },
      spec: { selfSigned: {} },
      status: ready('True'),
    });
    assert.equal(judgeRequest(request({ ref: { name: 'all' } }), world.deps, true).kind, 'await-issuer');
    assert.equal(judgeRequest(request({ ref: { name: 'all', kind: 'ClusterIssuer' } }), world.deps, true).kind, 'sign');
  });
});

describe('requestState', () => {
  const base = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    metadata: { name: 'r' },
    spec: { request: '', issuerRef: { name: 'x' } },
  };
  test('as a Certificate reads it', () => {
    assert.equal(requestState(base).kind, 'waiting');
    assert.deepEqual(requestState({ ...base, status: issued({}, { certificate: 'PEM', ca: 'CA' }, NOW) }), {
      kind: 'issued',
      certificate: 'PEM',
      ca: 'CA',
    });
    assert.deepEqual(requestState({ ...base, status: failed({}, 'Failed', 'no', NOW) }), {
      kind: 'failed',
      reason: 'Failed',
      message: 'no',
      at: NOW,
    });
    assert.equal(requestState({ ...base, status: invalid({}, 'no', NOW) }).kind, 'failed');
    assert.equal(requestState({ ...base, status: pending({}, 'soon', NOW) }).kind, 'waiting');
    const denied = { conditions: [{ type: 'Denied', status: 'True' as const, message: 'by policy' }] };
    assert.deepEqual(requestState({ ...base, status: denied }), {
      kind: 'failed',
      reason: 'Denied',
      message: 'by policy',
      at: undefined,
    });
  });

  test('of one that was denied and signed nevertheless, the certificate counts', () => {
    const status = issued({ conditions: [{ type: 'Denied', status: 'True' }] }, { certificate: 'PEM' }, NOW);
    assert.equal(requestState({ ...base, status }).kind, 'issued');
  });
});
