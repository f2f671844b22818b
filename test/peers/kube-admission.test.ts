import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { kubeCrds } from '../../src/app/kube-crds.ts';
import type { KubeClient } from '../../src/kube/api/client.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';

const manifest = (name: string) => readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8');

/** The mutating policies of Kubernetes 1.34 and 1.35 are there only when somebody asks for them. */
const FLAGS = [
  '--feature-gates=MutatingAdmissionPolicy=true',
  '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
];

const REQUESTS = '/apis/cert-manager.io/v1/namespaces/shop/certificaterequests';
const SIGNAL = () => AbortSignal.timeout(30_000);

interface Request {
  readonly spec: Readonly<Record<string, unknown>>;
}

function request(name: string, more: object = {}, issuerRef: object = { name: 'ca' }): object {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    metadata: { name, annotations: { 'cert-manager.io/certificate-name': 'web', note: 'x' } },
    spec: { request: 'eA==', issuerRef, ...more },
  };
}

const create = (client: KubeClient, body: object, dryRun = false) =>
  client.raw(
    { method: 'POST', path: REQUESTS, body, ...(dryRun ? { query: { dryRun: 'All' } } : {}) },
    { signal: SIGNAL() },
  );

const patch = (client: KubeClient, path: string, body: object) =>
  client.raw({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }, { signal: SIGNAL() });

describe('admission policies', { skip: kubeClusterSkip(), timeout: 180_000 }, () => {
  let cluster: KubeCluster;
  let asker: KubeClient;
  let approver: KubeClient;

  before(async () => {
    cluster = await startKubeCluster({ flags: FLAGS });
    await cluster.installCrds(kubeCrds());
    await cluster.kubectl(['create', 'namespace', 'shop']);
    await cluster.kubectl(['apply', '-f', '-'], `${manifest('admission-policies.yaml')}\n---\n${USERS}`);
    [asker, approver] = (await Promise.all(
      ['asker', 'approver'].map(async (name) => cluster.clientFor(await cluster.tokenFor('shop', name))),
    )) as [KubeClient, KubeClient];
    // A policy is obeyed some moments after it was applied.
    await until(() => create(asker, request('probe', { username: 'forged' }), true), /is not you/);
  });
  after(() => cluster?.stop());

  describe('who asks, where the API server only checks', () => {
    const rows: [what: string, more: object, refused?: RegExp][] = [
      ['nothing said', {}],
      ['the truth', { username: 'system:serviceaccount:shop:asker', groups: ['system:serviceaccounts:shop'] }],
      ['another name', { username: 'admin' }, /spec\.username: is not you; leave it out/],
      ['another UID', { uid: '0' }, /spec\.uid: is not yours; leave it out/],
      ['a group of others', { groups: ['system:masters'] }, /spec\.groups: you are not in all of them; leave it out/],
      [
        'more than is known',
        { extra: { a: ['b'] } },
        /spec\.extra: is not what the API server knows of you; leave it out/,
      ],
    ];
    for (const [what, more, refused] of rows) {
      test(what, async () => {
        const made = create(asker, request('who'), true);
        await made;
        const answer = create(asker, request('who', more), true);
        await (refused === undefined ? answer : assert.rejects(answer, refused));
      });
    }
  });

  describe('who may approve and deny', () => {
    const issuers: [what: string, ref: object, may: boolean, signer: string][] = [
      ['an issuer that is named', { name: 'ca' }, true, 'issuers.cert-manager.io/shop.ca'],
      ['another issuer', { name: 'other' }, false, 'issuers.cert-manager.io/shop.other'],
      [
        'every ClusterIssuer',
        { name: 'any', kind: 'ClusterIssuer', group: 'cert-manager.io' },
        true,
        'clusterissuers.cert-manager.io/any',
      ],
      [
        'an issuer of others',
        { name: 'x', kind: 'AWSPCAIssuer', group: 'awspca.example' },
        true,
        'awspcaissuers.awspca.example/shop.x',
      ],
      [
        'one for the cluster, of others',
        { name: 'x', kind: 'StepClusterIssuer', group: 'step.example' },
        true,
        'stepclusterissuers.step.example/x',
      ],
      [
        'an issuer of others that is not named',
        { name: 'y', kind: 'AWSPCAIssuer', group: 'awspca.example' },
        false,
        'awspcaissuers.awspca.example/shop.y',
      ],
    ];
    for (const [index, [what, ref, may, signer]] of issuers.entries()) {
      test(what, async () => {
        await create(asker, request(`approve-${index}`, {}, ref));
        const path = `${REQUESTS}/approve-${index}/status`;
        const decide = (client: KubeClient, type: string) =>
          patch(client, path, { status: { conditions: [{ type, status: 'True', reason: 'test' }] } });
        const refused = (who: string) =>
          new RegExp(
            `user "system:serviceaccount:shop:${who}" may not approve or deny requests for ${signer}: that takes`,
          );
        await assert.rejects(decide(asker, 'Approved'), refused('asker'));
        await assert.rejects(decide(asker, 'Denied'), refused('asker'));
        if (may) await decide(approver, index % 2 === 0 ? 'Approved' : 'Denied');
        else await assert.rejects(decide(approver, 'Approved'), refused('approver'));
      });
    }

    test('other conditions are no decision', async () => {
      await create(asker, request('ready'));
      const conditions = [{ type: 'Ready', status: 'False', reason: 'Pending' }];
      await patch(asker, `${REQUESTS}/ready/status`, { status: { conditions } });
    });

    test('and Ready may follow a decision of somebody else', async () => {
      await create(asker, request('signed'));
      const approved = { type: 'Approved', status: 'True', reason: 'test' };
      await patch(approver, `${REQUESTS}/signed/status`, { status: { conditions: [approved] } });
      const ready = { type: 'Ready', status: 'True', reason: 'Issued' };
      await patch(asker, `${REQUESTS}/signed/status`, {
        status: { conditions: [approved, ready], certificate: 'eA==' },
      });
    });
  });

  describe('annotations of a request', () => {
    before(() => create(asker, request('annotated')));
    const rows: [what: string, annotations: object, refused?: RegExp][] = [
      ['of others', { note: 'y', more: 'z' }],
      ['changed', { 'cert-manager.io/certificate-name': 'y' }, /cert-manager\.io\/certificate-name never changes/],
      ['taken away', { 'cert-manager.io/certificate-name': null }, /cert-manager\.io\/certificate-name never changes/],
      ['added', { 'acme.cert-manager.io/x': 'y' }, /acme\.cert-manager\.io\/x never changes/],
    ];
    for (const [what, annotations, refused] of rows) {
      test(what, async () => {
        const answer = patch(asker, `${REQUESTS}/annotated`, { metadata: { annotations } });
        await (refused === undefined ? answer : assert.rejects(answer, refused));
      });
    }
  });

  test('nobody makes a Challenge without an Order', async () => {
    const path = '/apis/acme.cert-manager.io/v1/namespaces/shop/challenges';
    const spec = {
      url: 'https://ca.example/c',
      authorizationURL: 'https://ca.example/a',
      dnsName: 'example.org',
      type: 'DNS-01',
      token: 't',
      key: 'k',
      issuerRef: { name: 'acme' },
      solver: { dns01: { acmeDNS: {} } },
    };
    const make = (ownerReferences: object[]) =>
      cluster.client.raw(
        {
          method: 'POST',
          path,
          body: {
            apiVersion: 'acme.cert-manager.io/v1',
            kind: 'Challenge',
            metadata: { name: 'c', ownerReferences },
            spec,
          },
        },
        { signal: SIGNAL() },
      );
    await assert.rejects(make([]), /has no Order: challenges are made by the controller, for an order/);
    await make([{ apiVersion: 'acme.cert-manager.io/v1', kind: 'Order', name: 'o', uid: 'u', controller: true }]);
  });

  test('where it has mutating policies, the API server writes who asks, whatever was said', async () => {
    await cluster.kubectl(['apply', '-f', '-'], manifest('admission-identity.yaml'));
    const { uid } = JSON.parse(
      await cluster.kubectl(['get', 'sa', '-n', 'shop', 'asker', '-o', 'jsonpath={.metadata}']),
    ) as { uid: string };
    // The policy is obeyed some moments later, and learns of new kinds some moments after that.
    const signal = SIGNAL();
    const isFilled = () =>
      create(asker, request('filled'), true).then(
        (answer) => (answer as Request).spec['username'] !== undefined,
        (error: unknown) => {
          if (/There can be a delay/.test(String(error))) return false;
          throw error;
        },
      );
    while (!(await isFilled())) await setTimeout(50, undefined, { signal });
    const made = (await create(
      asker,
      request('filled', { username: 'admin', groups: ['system:masters'], extra: { a: ['b'] } }),
    )) as Request;
    const { username, groups, extra } = made.spec;
    assert.equal(username, 'system:serviceaccount:shop:asker');
    assert.equal(made.spec['uid'], uid);
    assert.deepEqual(groups, ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated']);
    assert.deepEqual(Object.keys(extra as object), ['authentication.kubernetes.io/credential-id']);
    await assert.rejects(patch(asker, `${REQUESTS}/filled`, { spec: { username: 'admin' } }), /never changes/);
  });
});

/** Asks again until it is refused with this. */
async function until(ask: () => Promise<unknown>, refused: RegExp): Promise<void> {
  const signal = SIGNAL();
  for (;;) {
    try {
      await ask();
    } catch (error) {
      if (refused.test(String(error))) return;
      throw error;
    }
    await setTimeout(50, undefined, { signal });
  }
}

const USERS = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: requests }
rules:
  - { apiGroups: [cert-manager.io], resources: [certificaterequests, certificaterequests/status], verbs: ['*'] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: approver }
rules:
  - apiGroups: [cert-manager.io]
    resources: [signers]
    verbs: [approve]
    resourceNames:
      - issuers.cert-manager.io/shop.ca
      - clusterissuers.cert-manager.io/*
      - awspcaissuers.awspca.example/shop.x
      - stepclusterissuers.step.example/x
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: requests }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: requests }
subjects:
  - { kind: ServiceAccount, namespace: shop, name: asker }
  - { kind: ServiceAccount, namespace: shop, name: approver }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: approver }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: approver }
subjects: [{ kind: ServiceAccount, namespace: shop, name: approver }]
`;
