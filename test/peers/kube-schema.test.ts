import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { kubeCrds } from '../../src/app/kube-crds.ts';
import type { KubeObject } from '../../src/kube/api/object.ts';
import { CUSTOM_RESOURCES } from '../../src/kube/schema/custom-resources.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { SCHEMA_CASES } from './kube-schema-cases.ts';

interface Recorded extends KubeObject {
  readonly spec: object;
  readonly status?: object;
}

/** What cert-manager 1.21 wrote; the accounts in it belonged to a test CA that is no more. */
const RECORDED = readFileSync(new URL('../fixtures/cert-manager-objects.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

const SIGNAL = () => AbortSignal.timeout(30_000);

describe('CustomResourceDefinitions in a real API server', { skip: kubeClusterSkip(), timeout: 180_000 }, () => {
  let cluster: KubeCluster;
  before(async () => {
    cluster = await startKubeCluster();
    await cluster.installCrds(kubeCrds());
  });
  after(() => cluster?.stop());

  const pathOf = (kind: string, namespace: string | undefined, name: string): string => {
    const found = CUSTOM_RESOURCES.find(({ resource }) => resource.kind === kind);
    assert.ok(found, kind);
    const { group, version, plural, namespaced } = found.resource;
    return `/apis/${group}/${version}/${namespaced ? `namespaces/${namespace ?? 'default'}/` : ''}${plural}/${name}`;
  };

  test('each is established, structural, and leaves no field out', async () => {
    const list = JSON.parse(await cluster.kubectl(['get', 'crds', '-o', 'json'])) as {
      items: { metadata: { name: string }; status: { conditions: { type: string; status: string }[] } }[];
    };
    assert.deepEqual(
      list.items.map(({ metadata, status }) => [
        metadata.name,
        ...status.conditions.map(({ type, status: is }) => `${type}=${is}`).toSorted(),
      ]),
      CUSTOM_RESOURCES.map(({ resource }) => [
        `${resource.plural}.${resource.group}`,
        'Established=True',
        'NamesAccepted=True',
      ]).toSorted(([a = ''], [b = '']) => a.localeCompare(b)),
    );
  });

  test('over definitions of somebody else, nothing of them is left and no object is lost', async () => {
    const stricter = kubeCrds().replaceAll(/^( *)acmeDNS:\n/gm, '$1acmeDNS:\n$1  required: [host]\n');
    const issuer = (name: string, acmeDNS: object) =>
      JSON.stringify({
        apiVersion: 'cert-manager.io/v1',
        kind: 'Issuer',
        metadata: { name, namespace: 'default' },
        spec: {
          acme: {
            server: 'https://ca.example/dir',
            privateKeySecretRef: { name: 'a' },
            solvers: [{ dns01: { acmeDNS } }],
          },
        },
      });
    const own = issuer('own', {});
    await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=helm', '-f', '-'], stricter);
    await cluster.kubectl(['apply', '-f', '-'], issuer('before', { host: 'https://auth.example.net' }));
    await assert.rejects(cluster.kubectl(['apply', '-f', '-'], own), /acmeDNS\.host: Required value/);
    await cluster.kubectl(['replace', '-f', '-'], kubeCrds());
    const signal = SIGNAL();
    for (;;) {
      // The API server takes a new schema some moments later.
      const isTaken = await cluster.kubectl(['apply', '-f', '-'], own).then(
        () => true,
        () => false,
      );
      if (isTaken) break;
      await setTimeout(100, undefined, { signal });
    }
    const names = await cluster.kubectl(['get', 'issuers', '-n', 'default', '-o', 'name']);
    assert.match(names, /issuer\.cert-manager\.io\/before\n/);
  });

  test('short names, categories and columns', async () => {
    const rows = (await cluster.kubectl(['api-resources', '--no-headers', '-o', 'wide']))
      .split('\n')
      .filter((line) => line.includes('cert-manager.io/v1'))
      .map((line) => line.split(/\s+/));
    assert.deepEqual(rows.map((row) => `${row[0]} ${row.length > 6 ? row[1] : '-'} ${row.at(-1)}`).toSorted(), [
      'certificaterequests cr,crs cert-manager',
      'certificates cert,certs cert-manager',
      'challenges - cert-manager,cert-manager-acme',
      'clusterissuers ciss cert-manager',
      'issuers iss cert-manager',
      'orders - cert-manager,cert-manager-acme',
    ]);
  });

  describe('what a user is told', () => {
    let told: Map<string, string>;
    before(async () => {
      const objects = SCHEMA_CASES.map(({ kind, spec }, index) => ({
        apiVersion: ['Order', 'Challenge'].includes(kind) ? 'acme.cert-manager.io/v1' : 'cert-manager.io/v1',
        kind,
        metadata: { name: `case-${index}`, namespace: kind === 'ClusterIssuer' ? undefined : 'default' },
        spec,
      }));
      const yaml = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
      const text = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], yaml).then(
        () => '',
        (error: Error) => error.message,
      );
      told = new Map(
        [...text.matchAll(/ "(case-\d+)" is invalid: (.*)$/gm)].map(([, name = '', sentence = '']) => [name, sentence]),
      );
    });
    for (const [index, { what, kind, refused }] of SCHEMA_CASES.entries()) {
      test(`${kind}: ${what}`, () => assert.equal(told.get(`case-${index}`), refused));
    }
  });

  describe('objects of cert-manager come back with every field', () => {
    for (const object of RECORDED) {
      const { kind, spec, status } = object;
      const { name, namespace, labels, annotations, ownerReferences, finalizers } = object.metadata;
      test(`${kind} ${name}`, async () => {
        // Several of one name were recorded, one after the other.
        const metadata = {
          name: `r${RECORDED.indexOf(object)}-${name}`.slice(0, 63),
          namespace,
          labels,
          annotations,
          ownerReferences,
          finalizers,
        };
        const path = pathOf(kind, namespace, metadata.name);
        const body = { apiVersion: object.apiVersion, kind, metadata, spec };
        const call = { query: { fieldValidation: 'Strict' } };
        const made = (await cluster.client.raw(
          { ...call, method: 'POST', path: path.slice(0, path.lastIndexOf('/')), body },
          { signal: SIGNAL() },
        )) as Recorded;
        assert.deepEqual(made.spec, spec);
        if (status === undefined) return;
        const kept = (await cluster.client.raw(
          { ...call, method: 'PUT', path: `${path}/status`, body: { ...made, status } },
          { signal: SIGNAL() },
        )) as Recorded;
        assert.deepEqual(kept.status, status);
        assert.deepEqual(kept.spec, spec);
      });
    }
  });

  describe('what never changes', () => {
    const request = '/apis/cert-manager.io/v1/namespaces/default/certificaterequests';
    const acme = '/apis/acme.cert-manager.io/v1/namespaces/default';
    const specs: readonly [place: string, spec: object][] = [
      [request, { request: 'eA==', issuerRef: { name: 'a' } }],
      [`${acme}/orders`, { request: 'eA==', issuerRef: { name: 'a' } }],
      [`${acme}/challenges`, SCHEMA_CASES.find(({ kind }) => kind === 'Challenge')?.spec ?? {}],
    ];
    const patch = (path: string, body: object) =>
      cluster.client.raw(
        { method: 'PATCH', path, body, contentType: 'application/merge-patch+json' },
        { signal: SIGNAL() },
      );
    const condition = (type: string, status = 'True', message = 'x') => ({ type, status, message, reason: 'test' });

    for (const [place, spec] of specs) {
      test(`the spec of ${place.split('/').at(-1)}`, async () => {
        const metadata = { name: 'fixed' };
        await cluster.client.raw(
          { method: 'POST', path: place, body: kindOf(place, { metadata, spec }) },
          { signal: SIGNAL() },
        );
        await patch(`${place}/fixed`, { metadata: { labels: { a: 'b' } } });
        await assert.rejects(
          patch(`${place}/fixed`, { spec: { issuerRef: { name: 'b' } } }),
          /spec: Forbidden: never changes: delete the object and make a new one/,
        );
      });
    }

    const decisions: readonly [what: string, before: object[], after: object[], refused?: RegExp][] = [
      ['approved', [], [condition('Approved')]],
      ['Ready after Approved', [condition('Approved')], [condition('Ready', 'False'), condition('Approved')]],
      [
        'approved and denied',
        [condition('Approved')],
        [condition('Approved'), condition('Denied')],
        /has both Approved and Denied/,
      ],
      [
        'approved, later denied',
        [condition('Approved')],
        [condition('Denied')],
        /Approved and Denied never change once they are set/,
      ],
      ['denied, taken back', [condition('Denied')], [], /Approved and Denied never change once they are set/],
      [
        'another message',
        [condition('Approved')],
        [condition('Approved', 'True', 'y')],
        /Approved and Denied never change once they are set/,
      ],
      ['not yet approved', [], [condition('Approved', 'False')], /Approved or Denied with another status than True/],
    ];
    for (const [index, [what, first, then, refused]] of decisions.entries()) {
      test(`decisions: ${what}`, async () => {
        const metadata = { name: `decided-${index}` };
        const path = `${request}/decided-${index}/status`;
        const spec = { request: 'eA==', issuerRef: { name: 'a' } };
        await cluster.client.raw(
          { method: 'POST', path: request, body: kindOf(request, { metadata, spec }) },
          { signal: SIGNAL() },
        );
        await patch(path, { status: { conditions: first } });
        const second = patch(path, { status: { conditions: then } });
        await (refused === undefined ? second : assert.rejects(second, refused));
      });
    }

    test('decisions: not even with the whole status', async () => {
      await assert.rejects(patch(`${request}/decided-0/status`, { status: null }), /never change once they are set/);
    });
  });

  test('columns', async () => {
    const place = '/apis/cert-manager.io/v1/namespaces/default/certificates/shown';
    const signal = SIGNAL();
    const conditions = [{ type: 'Ready', status: 'True', message: 'All is well' }];
    const spec = { secretName: 'tls', issuerRef: { name: 'only-this' }, dnsNames: ['a.b'] };
    const body = kindOf('/certificates', { metadata: { name: 'shown' }, spec });
    await cluster.client.raw({ method: 'POST', path: place.slice(0, place.lastIndexOf('/')), body }, { signal });
    const status = { conditions, notAfter: '2030-01-01T00:00:00Z' };
    await cluster.client.raw(
      { method: 'PATCH', path: `${place}/status`, body: { status }, contentType: 'application/merge-patch+json' },
      { signal },
    );
    const columns = async (...args: string[]) =>
      (await cluster.kubectl(['get', ...args])).split('\n').map((line) => line.trim().split(/\s{2,}/));
    const [head, row] = await columns('cert', '-o', 'wide', '--field-selector=spec.issuerRef.name=only-this');
    assert.deepEqual(head, ['NAME', 'READY', 'SECRET', 'ISSUER', 'STATUS', 'EXPIRATION', 'AGE']);
    assert.deepEqual(row?.slice(0, -1), ['shown', 'True', 'tls', 'only-this', 'All is well', '2030-01-01T00:00:00Z']);
    assert.deepEqual((await columns('certs', 'shown'))[0], ['NAME', 'READY', 'SECRET', 'AGE']);
    assert.deepEqual((await columns('crs'))[0], ['NAME', 'APPROVED', 'DENIED', 'READY', 'ISSUER', 'REQUESTER', 'AGE']);
    assert.deepEqual((await columns('orders'))[0], ['NAME', 'STATE', 'AGE']);
    assert.deepEqual((await columns('challenges'))[0], ['NAME', 'STATE', 'DOMAIN', 'AGE']);
    assert.deepEqual(await columns('cert', '--field-selector=spec.issuerRef.name=other'), [['']]);
  });
});

const KINDS: Readonly<Record<string, string>> = {
  certificates: 'Certificate',
  certificaterequests: 'CertificateRequest',
  orders: 'Order',
  challenges: 'Challenge',
};

function kindOf(place: string, body: object): object {
  const plural = place.split('/').at(-1) ?? '';
  const group = plural === 'orders' || plural === 'challenges' ? 'acme.cert-manager.io' : 'cert-manager.io';
  return { apiVersion: `${group}/v1`, kind: KINDS[plural], ...body };
}
