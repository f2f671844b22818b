import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { KubeClient, WatchEvent } from '../../src/kube/api/client.ts';
import { configMaps, namespaces } from '../../src/kube/api/core-kinds.ts';
import type { ConfigMap } from '../../src/kube/api/core-kinds.ts';
import { metadataOf } from '../../src/kube/api/define-resource.ts';
import { isKubeError } from '../../src/kube/api/kube-error.ts';
import type { KubeCode } from '../../src/kube/api/kube-error.ts';
import { gateways, listenerSets } from '../../src/kube/api/gateway.ts';
import { kubeconfigFile } from '../../src/kube/api/kubeconfig-file.ts';
import { leases } from '../../src/kube/api/lease-object.ts';
import { listAll } from '../../src/kube/api/list-all.ts';
import { secretBytes, secretData, secrets } from '../../src/kube/api/secret.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';

const skip = kubeClusterSkip();

/** How the client fares with a real API server. */
describe('the Kubernetes API client', { skip, timeout: 120_000 }, () => {
  let cluster: KubeCluster;
  let client: KubeClient;
  before(async () => {
    cluster = await startKubeCluster();
    ({ client } = cluster);
  });
  after(() => cluster?.stop());

  /** A namespace of its own for each test. */
  let count = 0;
  async function newNamespace(): Promise<string> {
    count += 1;
    const name = `test-${count}`;
    await client.create(namespaces, { metadata: { name } }, inTime());
    return name;
  }

  test('version, and what it serves', async () => {
    assert.deepEqual((await client.version(inTime())).major, 1);
    assert.equal(await client.hasResource(secrets, inTime()), true);
    assert.equal(await client.hasResource(leases, inTime()), true);
    assert.equal(await client.hasResource(gateways, inTime()), false);
    await cluster.installGatewayApi();
    assert.equal(await client.hasResource(gateways, inTime()), true);
    assert.equal(await client.hasResource(listenerSets, inTime()), true);
  });

  test('the life of an object', async () => {
    const namespace = await newNamespace();
    const key = { namespace, name: 'one' };
    assert.equal(await client.get(secrets, key, inTime()), undefined);
    const data = secretData({ a: 'text', b: new Uint8Array([0, 255]) });
    const made = await client.create(secrets, { metadata: key, data, type: 'Opaque' }, inTime());
    assert.equal(made.kind, 'Secret');
    assert.deepEqual(secretBytes(made, 'b'), Buffer.from([0, 255]));
    const changed = await client.update(secrets, { ...made, data: secretData({ a: 'other' }) }, inTime());
    assert.deepEqual(Object.keys(changed.data ?? {}), ['a']);
    const merged = await client.patch(
      secrets,
      key,
      { type: 'merge', body: { data: { a: null, c: 'Yw==' } } },
      inTime(),
    );
    assert.deepEqual(merged.data, { c: 'Yw==' });
    const step = { op: 'replace', path: '/data/c', value: 'ZA==' } as const;
    assert.deepEqual((await client.patch(secrets, key, { type: 'json', body: [step] }, inTime())).data, { c: 'ZA==' });
    const metadata = await client.get(metadataOf(secrets), key, inTime());
    assert.deepEqual(Object.keys(metadata ?? {}).toSorted(), ['apiVersion', 'kind', 'metadata']);
    assert.equal(metadata?.kind, 'Secret');
    assert.equal(await client.delete(secrets, key, inTime()), true);
    assert.equal(await client.delete(secrets, key, inTime()), false);
    assert.equal(await client.get(secrets, key, inTime()), undefined);
  });

  test('a generated name, a dry run, and a status that is written apart', async () => {
    const namespace = await newNamespace();
    const made = await client.create(configMaps, { metadata: { namespace, generateName: 'x-' } }, inTime());
    assert.match(made.metadata.name, /^x-[a-z0-9]{5}$/);
    await client.create(configMaps, { metadata: { namespace, name: 'dry' } }, { ...inTime(), dryRun: true });
    assert.equal(await client.get(configMaps, { namespace, name: 'dry' }, inTime()), undefined);
    const gateway = {
      metadata: { namespace, name: 'g' },
      spec: {
        gatewayClassName: 'c',
        listeners: [{ name: 'l', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 's' }] } }],
      },
    };
    const stored = await client.create(gateways, gateway, inTime());
    const status = { conditions: [], listeners: [] };
    const spec = { ...stored.spec, gatewayClassName: 'other' };
    const changed = await client.updateStatus(gateways, { ...stored, spec, status }, inTime());
    assert.equal(changed.spec.gatewayClassName, 'c');
    assert.equal(changed.metadata.generation, 1);
  });

  test('server-side apply: who owns what', async () => {
    const namespace = await newNamespace();
    const metadata = { namespace, name: 'shared' };
    const apply = (manager: string, data: Record<string, string>, force = false): Promise<ConfigMap> =>
      client.apply(configMaps, { metadata, data }, { ...inTime(), fieldManager: manager, force });
    await apply('one', { a: '1', b: '1' });
    assert.deepEqual((await apply('two', { c: '2' })).data, { a: '1', b: '1', c: '2' });
    await refused(apply('two', { a: '2', c: '2' }), 'kube-conflict', /"one"/);
    assert.equal((await apply('two', { a: '2', c: '2' }, true)).data?.['a'], '2');
    const last = await apply('one', { b: '1' });
    assert.deepEqual(last.data, { a: '2', b: '1', c: '2' }, 'what the other one has taken stays');
    assert.deepEqual((await apply('two', {})).data, { b: '1' }, 'what nobody owns any more goes');
    const managers = last.metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`);
    assert.deepEqual(managers?.toSorted(), ['one Apply', 'two Apply']);
    assert.equal(
      (
        await client.apply(
          configMaps,
          { metadata, data: { b: '3' } },
          { ...inTime(), fieldManager: 'one', force: true },
        )
      ).data?.['b'],
      '3',
    );
  });

  test('what is refused, with the reason in the sentence', async () => {
    const namespace = await newNamespace();
    const one = await client.create(configMaps, { metadata: { namespace, name: 'one' }, data: { a: '1' } }, inTime());
    const other = await client.update(configMaps, { ...one, data: { a: '2' } }, inTime());
    await refused(client.update(configMaps, one, inTime()), 'kube-conflict', /update configmaps test-\d+\/one/);
    await refused(
      client.create(configMaps, { metadata: { namespace, name: 'one' } }, inTime()),
      'kube-exists',
      /already exists/,
    );
    await refused(
      client.create(configMaps, { metadata: { namespace: 'nowhere', name: 'one' } }, inTime()),
      'kube-not-found',
      /"nowhere" not found/,
    );
    await refused(
      client.update(configMaps, { metadata: { namespace, name: 'none' } }, inTime()),
      'kube-not-found',
      /"none" not found/,
    );
    await refused(
      client.create(configMaps, { metadata: { namespace, name: 'No_Name' }, data: { '/': '' } }, inTime()),
      'kube-invalid',
      /metadata\.name: Invalid value.*data\[\/\]: Invalid value/,
    );
    await refused(
      client.delete(configMaps, { namespace, name: 'one' }, { ...inTime(), uid: 'another' }),
      'kube-conflict',
      /another/,
    );
    await refused(
      client.delete(
        configMaps,
        { namespace, name: 'one' },
        { ...inTime(), resourceVersion: one.metadata.resourceVersion },
      ),
      'kube-conflict',
      /one/,
    );
    const missing = { ...gateways, version: 'v9' };
    await refused(
      client.get(missing, { namespace, name: 'x' }, inTime()),
      'kube-not-found',
      /gateways\.gateway\.networking\.k8s\.io in version v9: install its CRD/,
    );
    // Without a name it would be the path of all objects.
    for (const name of ['', '..', 'a/b', 'a%2fb'])
      await refused(async () => client.delete(configMaps, { namespace, name }, inTime()), 'kube-invalid', /no name/);
    await refused(
      async () => client.get(configMaps, { name: 'one' }, inTime()),
      'kube-invalid',
      /a namespace is needed/,
    );
    assert.equal(
      (await client.get(configMaps, { namespace, name: 'one' }, inTime()))?.metadata.resourceVersion,
      other.metadata.resourceVersion,
    );
  });

  test('who may little is told what is missing', async () => {
    const namespace = await newNamespace();
    const limited = await cluster.clientFor(await cluster.tokenFor(namespace, 'little'));
    const who = new RegExp(
      `not allow us to list secrets ${namespace}: .*system:serviceaccount:${namespace}:little.*give that user a Role or ClusterRole`,
    );
    await refused(listAll(limited, secrets, { namespace }, inTime()), 'kube-forbidden', who);
    await refused(
      first(limited.watch(secrets, { namespace, resourceVersion: '1' }, inTime())),
      'kube-forbidden',
      /watch secrets/,
    );
    await refused(
      (await cluster.clientFor('no-token')).get(secrets, { namespace, name: 'x' }, inTime()),
      'kube-forbidden',
      /does not know us when we get secrets .*: Unauthorized; check the token/,
    );
  });

  test('a token that was replaced is read anew as soon as the old one is refused', async () => {
    const namespace = await newNamespace();
    const tokens = ['outdated', await cluster.tokenFor(namespace, 'renewed')];
    const file = await kubeconfigFile({ file: cluster.kubeconfig }, {});
    const { ca } = await file.credentials();
    const renewed = await cluster.clientFor(undefined, {
      config: { ...file, credentials: async () => ({ ca, token: tokens.shift() }) },
    });
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const answer = await renewed.raw(
      { method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', body: review },
      inTime(),
    );
    assert.equal(
      (answer as { status: { userInfo: { username: string } } }).status.userInfo.username,
      `system:serviceaccount:${namespace}:renewed`,
    );
  });

  test('roots that were replaced are read anew as soon as the old ones do not fit', async () => {
    const file = await kubeconfigFile({ file: cluster.kubeconfig }, {});
    const right = await file.credentials();
    const wrong = { ...right, ca: right.certificate };
    const answers = [wrong, right];
    const config = { ...file, credentials: async () => answers.shift() ?? right };
    const renewed = await cluster.clientFor(undefined, { config });
    assert.equal((await renewed.version(inTime())).major, 1);
    const lost = await cluster.clientFor(undefined, { config: { ...file, credentials: async () => wrong } });
    await refused(
      lost.version(inTime()),
      'kube-unavailable',
      /certificate is not trusted .*check certificate-authority/,
    );
  });

  test('2,000 objects, page by page and all of one moment', async () => {
    const namespace = await newNamespace();
    await Promise.all(
      Array.from({ length: 40 }, async (_, part) => {
        for (let index = 0; index < 50; index += 1) {
          await client.create(
            configMaps,
            { metadata: { namespace, name: `m-${part}-${index}`, labels: { part: String(part) } } },
            inTime(60_000),
          );
        }
      }),
    );
    const versions = new Set<string>();
    const names = new Set<string>();
    let pages = 0;
    for await (const page of client.list(configMaps, { namespace }, inTime())) {
      pages += 1;
      versions.add(page.resourceVersion);
      for (const { metadata } of page.items) names.add(metadata.name);
      // Comes in the middle of the list, so it is none of it.
      if (pages === 1) await client.create(configMaps, { metadata: { namespace, name: 'zzz' } }, inTime());
    }
    assert.deepEqual([pages, versions.size, names.size], [4, 1, 2000]);
    const some = await listAll(
      client,
      metadataOf(configMaps),
      { namespace, labelSelector: 'part in (1,2)', pageSize: 30 },
      inTime(),
    );
    assert.deepEqual([some.items.length, some.items[0]?.kind], [100, 'ConfigMap']);
    const one = await listAll(client, configMaps, { namespace, fieldSelector: 'metadata.name=zzz' }, inTime());
    assert.equal(one.items.length, 1);
  });

  test('a watch tells what happened since, and goes on from each event', async () => {
    const namespace = await newNamespace();
    const made = await client.create(configMaps, { metadata: { namespace, name: 'one' } }, inTime());
    const changed = await client.update(configMaps, { ...made, data: { a: '1' } }, inTime());
    await client.delete(configMaps, { namespace, name: 'one' }, inTime());
    const from = (resourceVersion: string) => client.watch(configMaps, { namespace, resourceVersion }, inTime());
    const seen: WatchEvent<ConfigMap>[] = [];
    for await (const event of from(made.metadata.resourceVersion ?? '')) {
      seen.push(event);
      if (seen.length === 2) break;
    }
    assert.deepEqual(
      seen.map(({ type }) => type),
      ['modified', 'deleted'],
    );
    const next = await first(from(changed.metadata.resourceVersion ?? ''));
    assert.equal(next?.type, 'deleted');
    await client.create(configMaps, { metadata: { namespace, name: 'two' } }, inTime());
    await cluster.restartApiServer(() => cluster.compactEtcd());
    await refused(first(from(made.metadata.resourceVersion ?? '')), 'kube-gone', /watch configmaps: too old/);
  });

  test('who takes the events of a watch slowly may be cut off by the server, and loses none by going on from the last one', async () => {
    const namespace = await newNamespace();
    let from = (await listAll(client, configMaps, { namespace }, inTime())).resourceVersion;
    const large = 'x'.repeat(100_000);
    const writing = (async () => {
      for (let index = 0; index < 100; index += 1) {
        await client.create(
          configMaps,
          { metadata: { namespace, name: `c-${index}` }, data: { large } },
          inTime(60_000),
        );
      }
    })();
    const names: string[] = [];
    while (names.length < 100) {
      for await (const event of client.watch(configMaps, { namespace, resourceVersion: from }, inTime(60_000))) {
        if (event.type === 'unreadable') throw event.error;
        from = event.type === 'bookmark' ? event.resourceVersion : (event.object.metadata.resourceVersion ?? '');
        if (event.type === 'added') names.push(event.object.metadata.name);
        // All is written while the first is held in hand: 10 MB that must wait somewhere but not here.
        if (names.length === 1) await writing;
        if (names.length === 100) break;
      }
    }
    assert.deepEqual(
      names,
      Array.from({ length: 100 }, (_, index) => `c-${index}`),
    );
  });

  test('a call and a watch end at once when their signal aborts', async () => {
    const over = new AbortController();
    const { resourceVersion } = await listAll(client, namespaces, {}, inTime());
    const watching = first(client.watch(namespaces, { resourceVersion }, { signal: over.signal }));
    over.abort(new Error('enough'));
    await assert.rejects(watching, /enough/);
    await assert.rejects(client.version({ signal: over.signal }), /enough/);
  });

  test('while the API server is away that is said, and then all goes on', async () => {
    const namespace = await newNamespace();
    await cluster.restartApiServer(async () => {
      const writing = client.create(configMaps, { metadata: { namespace, name: 'x' } }, inTime());
      await refused(writing, 'kube-unavailable', /https:\/\/127\.0\.0\.1:\d+ cannot be reached: nothing listens there/);
    });
    await client.create(configMaps, { metadata: { namespace, name: 'x' } }, inTime());
  });
});

function inTime(milliseconds = 30_000): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(milliseconds) };
}

async function first<T>(source: AsyncIterable<T>): Promise<T | undefined> {
  for await (const value of source) return value;
  return undefined;
}

async function refused(
  work: Promise<unknown> | (() => Promise<unknown>),
  code: KubeCode,
  message: RegExp,
): Promise<void> {
  await assert.rejects(typeof work === 'function' ? work : () => work, (error) => {
    assert.ok(isKubeError(error), String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}
