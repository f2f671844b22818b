import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { configMaps, namespaces } from '../../src/kube/api/core-kinds.ts';
import type { ConfigMap } from '../../src/kube/api/core-kinds.ts';
import { again, createController, done } from '../../src/kube/api/controller.ts';
import { createEventRecorder } from '../../src/kube/api/event-recorder.ts';
import { events } from '../../src/kube/api/event-object.ts';
import { createInformer } from '../../src/kube/api/informer.ts';
import type { Informer } from '../../src/kube/api/informer.ts';
import type { KubeClient } from '../../src/kube/api/client.ts';
import { isKubeError } from '../../src/kube/api/kube-error.ts';
import { leases } from '../../src/kube/api/lease-object.ts';
import { runAsLeader } from '../../src/kube/api/lease.ts';
import { listAll } from '../../src/kube/api/list-all.ts';
import { createSecretCache } from '../../src/kube/api/secret-cache.ts';
import { secretData, secrets } from '../../src/kube/api/secret.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';

const skip = kubeClusterSkip();

/** What is kept in memory, and what works on it, beside a real API server. */
describe('beside a real API server', { skip, timeout: 180_000 }, () => {
  let cluster: KubeCluster;
  let client: KubeClient;
  before(async () => {
    cluster = await startKubeCluster({ controllers: true });
    ({ client } = cluster);
  });
  after(() => cluster?.stop());

  let count = 0;
  async function newNamespace(): Promise<string> {
    count += 1;
    const name = `test-${count}`;
    await client.create(namespaces, { metadata: { name } }, inTime());
    return name;
  }

  /** Runs something for the time of one test. */
  function running(t: TestContext, run: (signal: AbortSignal) => Promise<void>): AbortController {
    const over = new AbortController();
    const ended = run(over.signal);
    t.after(async () => {
      over.abort(new Error('the test is over'));
      await ended;
    });
    return over;
  }

  test('an informer is as the server is: through restarts, compaction and what happens meanwhile', async (t) => {
    const namespace = await newNamespace();
    // Which watch the informer is not let to begin, so that something can happen meanwhile.
    let gate = Promise.resolve();
    let lists = 0;
    const gated: typeof client = {
      ...client,
      list(...args) {
        lists += 1;
        return client.list(...args);
      },
      async *watch(...args) {
        await gate;
        yield* client.watch(...args);
      },
    };
    const informer = createInformer(gated, configMaps, { namespace, clock: systemClock });
    for (const name of ['stays', 'changes', 'goes'])
      await client.create(configMaps, { metadata: { namespace, name }, data: { v: '1' } }, inTime());
    running(t, (signal) => informer.run(signal));
    await informer.synced;
    assert.deepEqual(shown(informer), ['changes 1', 'goes 1', 'stays 1']);

    await cluster.restartApiServer();
    await client.create(configMaps, { metadata: { namespace, name: 'new' }, data: { v: '2' } }, inTime());
    await until(informer, () => informer.get({ namespace, name: 'new' }) !== undefined);

    assert.equal(lists, 1, 'the watch went on');
    const { promise, resolve: open } = Promise.withResolvers<void>();
    gate = promise;
    // Its version is of the past when etcd forgets the past.
    await newNamespace();
    await cluster.restartApiServer(() => cluster.compactEtcd());
    await client.delete(configMaps, { namespace, name: 'goes' }, inTime());
    await client.patch(
      configMaps,
      { namespace, name: 'changes' },
      { type: 'merge', body: { data: { v: '3' } } },
      inTime(),
    );
    open();
    await until(informer, () => informer.get({ namespace, name: 'goes' }) === undefined);
    await until(informer, () => informer.get({ namespace, name: 'changes' })?.data?.['v'] === '3');
    assert.deepEqual(shown(informer), ['changes 3', 'new 2', 'stays 1']);
    assert.equal(lists, 2, 'the watch could not go on');
    await client.delete(configMaps, { namespace, name: 'stays' }, inTime());
    await until(informer, () => informer.get({ namespace, name: 'stays' }) === undefined);
  });

  test('an informer of much, that many hands change at the same time, ends up right', async (t) => {
    const namespace = await newNamespace();
    const informer = createInformer(client, configMaps, { namespace, clock: systemClock });
    running(t, (signal) => informer.run(signal));
    await Promise.all(
      Array.from({ length: 20 }, async (_, hand) => {
        for (let turn = 0; turn < 25; turn += 1) {
          const name = `c-${(hand * 7 + turn) % 60}`;
          const metadata = { namespace, name };
          const data = { by: `${hand}-${turn}` };
          if (turn % 5 === 4) await client.delete(configMaps, { namespace, name }, inTime());
          else
            informer.upsert(
              await client.apply(configMaps, { metadata, data }, { ...inTime(), fieldManager: 'test', force: true }),
            );
        }
      }),
    );
    const last = await client.create(configMaps, { metadata: { namespace, name: 'last' } }, inTime());
    await until(informer, () => informer.get({ namespace, name: 'last' }) !== undefined);
    const { items } = await listAll(client, configMaps, { namespace }, inTime());
    assert.deepEqual(versions(informer.list()), versions(items));
    assert.ok(items.some(({ metadata }) => metadata.uid === last.metadata.uid));
  });

  test('Secrets: in full only ours, and the others read when they are needed', async (t) => {
    const namespace = await newNamespace();
    const label = { 'controller.cert-manager.io/fao': 'true' };
    const create = (name: string, labels: Record<string, string>) =>
      client.create(
        secrets,
        {
          metadata: {
            namespace,
            name,
            labels,
            annotations: { helm: 'x'.repeat(1000), 'cert-manager.io/certificate-name': 'c' },
          },
          data: secretData({ k: name }),
        },
        inTime(),
      );
    await create('ours', label);
    await create('theirs', {});
    const cache = createSecretCache(client, { namespace, clock: systemClock });
    running(t, (signal) => cache.run(signal));
    await cache.synced;
    const { signal } = inTime();
    assert.deepEqual(
      cache.list().map(({ metadata }) => metadata.name),
      ['ours'],
    );
    assert.equal((await cache.read(`${namespace}/ours`, signal))?.data?.['k'], btoa('ours'));
    assert.equal((await cache.read({ namespace, name: 'theirs' }, signal))?.data?.['k'], btoa('theirs'));
    assert.equal(await cache.read({ namespace, name: 'none' }, signal), undefined);
    assert.deepEqual(Object.keys(cache.metadata(`${namespace}/theirs`)?.metadata.annotations ?? {}), [
      'cert-manager.io/certificate-name',
    ]);
    assert.equal('data' in (cache.metadata(`${namespace}/theirs`) ?? {}), false);

    // Becomes ours, by our own write, and then by somebody else's.
    const labelled = await client.patch(
      secrets,
      { namespace, name: 'theirs' },
      { type: 'merge', body: { metadata: { labels: label } } },
      inTime(),
    );
    cache.upsert(labelled);
    assert.deepEqual(
      cache
        .list()
        .map(({ metadata }) => metadata.name)
        .toSorted(),
      ['ours', 'theirs'],
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    cache.onChange((key) => {
      if (key.endsWith('/ours') && cache.list().length === 1) resolve();
    });
    await client.patch(
      secrets,
      { namespace, name: 'ours' },
      { type: 'merge', body: { metadata: { labels: null } } },
      inTime(),
    );
    await promise;
    assert.equal((await cache.read(`${namespace}/ours`, signal))?.data?.['k'], btoa('ours'));
  });

  test('a controller brings what is wanted about, though others change it as well', async (t) => {
    const namespace = await newNamespace();
    const informer = createInformer(client, configMaps, { namespace, clock: systemClock });
    const { promise, resolve } = Promise.withResolvers<void>();
    const controller = createController({
      name: 'doubler',
      workers: 4,
      clock: systemClock,
      onError: (error) => assert.ok(isKubeError(error, 'kube-conflict'), String(error)),
      async reconcile(key, signal) {
        const object = informer.get(key);
        if (object?.data === undefined) return done;
        const double = String(Number(object.data['value']) * 2);
        if (object.data['double'] === double) {
          if (informer.list().every(({ data }) => data?.['value'] === '20' && data['double'] === '40')) resolve();
          return done;
        }
        // With its version: somebody who wrote meanwhile makes it a conflict, and the controller looks again by itself.
        informer.upsert(await client.update(configMaps, { ...object, data: { ...object.data, double } }, { signal }));
        return again(10);
      },
    });
    informer.onChange((key) => controller.add(key));
    for (let index = 0; index < 20; index += 1)
      await client.create(configMaps, { metadata: { namespace, name: `c-${index}` }, data: { value: '0' } }, inTime());
    running(t, (signal) => informer.run(signal));
    running(t, (signal) => controller.run(signal));
    for (let value = 1; value <= 20; value += 1) {
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          client.patch(
            configMaps,
            { namespace, name: `c-${index}` },
            { type: 'merge', body: { data: { value: String(value) } } },
            inTime(),
          ),
        ),
      );
    }
    await promise;
  });

  test('of three candidates one leads at a time', async () => {
    const namespace = await newNamespace();
    let leading = 0;
    const led: string[] = [];
    const over = new AbortController();
    const candidate = async (identity: string): Promise<void> => {
      await runAsLeader(
        { client, namespace, identity, clock: systemClock, retryPeriod: 200, renewDeadline: 2000, duration: 4000 },
        async (fence) => {
          leading += 1;
          assert.equal(leading, 1);
          led.push(identity);
          fence.assertHeld();
          // Long enough for the others to try, and for a renewal.
          await systemClock.sleep(500, fence.signal);
          assert.equal(fence.isHeld(), true);
          leading -= 1;
        },
        over.signal,
      );
    };
    await Promise.all(['one', 'two', 'three'].map(candidate));
    assert.deepEqual(led.toSorted(), ['one', 'three', 'two']);
    const lease = await client.get(leases, { namespace, name: 'cert-manager-controller' }, inTime());
    assert.deepEqual([lease?.spec?.holderIdentity, lease?.spec?.leaseTransitions], ['', 2]);
  });

  test('events: kubectl describe shows them, and the same again is counted', async (t) => {
    const namespace = await newNamespace();
    const about = await client.create(configMaps, { metadata: { namespace, name: 'one' } }, inTime());
    const recorder = createEventRecorder({
      client,
      clock: systemClock,
      component: 'tester',
      instance: 'pod-1',
      onError: (error) => assert.fail(String(error)),
    });
    const over = running(t, (signal) => recorder.run(signal));
    for (let index = 0; index < 3; index += 1)
      recorder.record(about, { type: 'Warning', reason: 'Failed', message: 'it did not work' });
    recorder.record(about, { type: 'Normal', reason: 'Long', message: 'x'.repeat(2000) });
    recorder.record(
      { ...about, kind: 'ClusterIssuer', metadata: { name: 'cluster-wide', uid: 'u' } },
      { type: 'Normal', reason: 'Ready', message: 'm', component: 'other' },
    );
    recorder.record(about, { type: 'Normal', reason: 'Last', message: 'is sent after the end as well' });
    over.abort();
    await until(undefined, async () => (await listAll(client, events, { namespace }, inTime())).items.length >= 3);
    const { items } = await listAll(client, events, { namespace }, inTime());
    const rows = items.map(({ reason, count: times, source, message }) => [
      reason,
      times,
      source?.component,
      message?.length,
    ]);
    assert.deepEqual(
      rows.toSorted((one, other) => String(one).localeCompare(String(other))),
      [
        ['Failed', 3, 'tester', 15],
        ['Last', 1, 'tester', 29],
        ['Long', 1, 'tester', 1024],
      ],
    );
    const clusterWide = await listAll(
      client,
      events,
      { namespace: 'default', fieldSelector: 'involvedObject.name=cluster-wide' },
      inTime(),
    );
    assert.deepEqual(
      clusterWide.items.map(({ source, reportingInstance }) => [source?.component, reportingInstance]),
      [['other', 'pod-1']],
    );
    assert.match(
      await cluster.kubectl(['describe', 'configmap', 'one', '-n', namespace]),
      /Warning +Failed .*\(x3 over .*\) +tester +it did not work/,
    );
  });

  test('what is owned goes with its owner', async () => {
    const namespace = await newNamespace();
    const owner = await client.create(configMaps, { metadata: { namespace, name: 'owner' } }, inTime());
    const { apiVersion, kind, metadata } = owner;
    const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' }];
    await client.create(secrets, { metadata: { namespace, name: 'owned', ownerReferences } }, inTime());
    await client.delete(configMaps, { namespace, name: 'owner' }, inTime());
    await until(
      undefined,
      async () => (await client.get(secrets, { namespace, name: 'owned' }, inTime())) === undefined,
    );
  });
});

function inTime(milliseconds = 30_000): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(milliseconds) };
}

function shown(informer: Informer<ConfigMap>): string[] {
  return informer
    .list()
    .flatMap(({ metadata, data }) => (data?.['v'] === undefined ? [] : [`${metadata.name} ${data['v']}`]))
    .toSorted();
}

function versions(objects: readonly ConfigMap[]): string[] {
  return objects.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).toSorted();
}

/** Waits until a question has the answer yes: asked after each change of the informer, or again and again without one. */
async function until(
  informer: Informer<ConfigMap> | undefined,
  question: () => boolean | Promise<boolean>,
): Promise<void> {
  const { signal } = inTime();
  if (informer === undefined) {
    while (!(await question())) await systemClock.sleep(50, signal);
    return;
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  const look = (): void => {
    if (question() === true) resolve();
  };
  const end = informer.onChange(look);
  look();
  await promise.finally(end);
}
