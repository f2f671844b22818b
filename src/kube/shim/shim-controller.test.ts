import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { gateways, listenerSets } from '../api/gateway.ts';
import { ingresses } from '../api/ingress.ts';
import type { Ingress } from '../api/ingress.ts';
import { KubeError } from '../api/kube-error.ts';
import type { KubeObject } from '../api/object.ts';
import type { KubeDeps } from '../deps.ts';
import { certificateResource } from '../schema/certificate.ts';
import { createFakeDeps } from '../testing/fake-deps.ts';
import type { FakeDeps } from '../testing/fake-deps.ts';
import { createShimController } from './shim-controller.ts';
import { defaultShimOptions } from './shim-options.ts';
import type { ShimSource } from './shim-source.ts';
import {
  gatewayIndexes,
  ingressIndexes,
  ingressSource,
  listenerSetIndexes,
  listenerSetSource,
} from './shim-sources.ts';

type Client = Partial<KubeDeps['client']>;

/** A controller that runs; `settle` comes back when it has nothing more to do. */
function run<T extends KubeObject>(
  t: TestContext,
  sourceOf: (world: FakeDeps) => ShimSource<T>,
  clientOf: (client: KubeDeps['client']) => Client = () => ({}),
) {
  const world = createFakeDeps();
  const client = { ...world.deps.client, ...clientOf(world.deps.client) };
  const controller = createShimController({ ...world.deps, client }, sourceOf(world), defaultShimOptions);
  const stop = new AbortController();
  const running = controller.run(stop.signal);
  t.after(async () => {
    stop.abort();
    await running;
  });
  return { ...world, settle: () => world.clock.advance(1) };
}

const ingressWorld = (t: TestContext, clientOf?: (client: KubeDeps['client']) => Client) =>
  run(t, ({ informer }) => ingressSource(informer(ingresses, ingressIndexes)), clientOf);

const shop = (annotations: Record<string, string>, ...secrets: string[]) => ({
  metadata: { name: 'shop', annotations: { 'cert-manager.io/issuer': 'ca', ...annotations } },
  spec: { tls: secrets.map((secretName) => ({ hosts: ['shop.example.org'], secretName })) },
});

const told = ({ events }: Pick<FakeDeps, 'events'>) => events.map(({ about, event }) => `${about} ${event.reason}`);

describe('the controller of Certificates by annotation', () => {
  test('makes, changes and deletes, and says so each time', async (t) => {
    const world = ingressWorld(t);
    world.put(ingresses, shop({}, 'a', 'b'));
    await world.settle();
    world.put(ingresses, shop({ 'cert-manager.io/usages': 'any' }, 'a'));
    await world.settle();
    assert.deepEqual(world.writes, [
      'create Certificate/a',
      'create Certificate/b',
      'update Certificate/a',
      'delete Certificate/b',
    ]);
    const reasons = ['CreateCertificate', 'CreateCertificate', 'UpdateCertificate', 'DeleteCertificate'];
    assert.deepEqual(
      told(world),
      reasons.map((reason) => `Ingress/shop ${reason}`),
    );
    assert.ok(world.events.every(({ event }) => event.component === 'cert-manager-ingress-shim'));
  });

  test('does nothing for one that is being deleted', async (t) => {
    const world = ingressWorld(t);
    const { metadata, spec } = shop({}, 'a');
    world.put(ingresses, { metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }, spec });
    await world.settle();
    world.put(ingresses, {
      metadata: { name: 'other', annotations: metadata.annotations, finalizers: ['foregroundDeletion'] },
      spec,
    });
    await world.settle();
    assert.deepEqual(world.writes, []);
  });

  test('makes a Certificate anew that somebody deletes', async (t) => {
    const world = ingressWorld(t);
    world.put(ingresses, shop({}, 'a'));
    await world.settle();
    world.remove(certificateResource, 'a');
    await world.settle();
    assert.deepEqual(world.writes, ['create Certificate/a', 'create Certificate/a']);
  });

  test('takes a name as soon as somebody else gives it up', async (t) => {
    const world = ingressWorld(t);
    world.put(certificateResource, { metadata: { name: 'a' }, spec: { secretName: 'a', issuerRef: { name: 'ca' } } });
    world.put(ingresses, shop({}, 'a'));
    await world.settle();
    assert.deepEqual([world.writes, told(world)], [[], ['Ingress/shop BadConfig']]);
    world.remove(certificateResource, 'a');
    await world.settle();
    assert.deepEqual(world.writes, ['create Certificate/a']);
  });

  test('tells a fault once, and again when it was mended in between', async (t) => {
    const world = ingressWorld(t);
    const bad = { 'cert-manager.io/duration': 'long' };
    world.put(ingresses, shop(bad, 'a'));
    await world.settle();
    world.put(ingresses, shop({ ...bad, other: 'changed' }, 'a'));
    await world.settle();
    assert.deepEqual(told(world), ['Ingress/shop BadConfig']);
    world.put(ingresses, shop({}, 'a'));
    await world.settle();
    world.put(ingresses, shop(bad, 'a'));
    await world.settle();
    assert.deepEqual(
      told(world),
      ['BadConfig', 'CreateCertificate', 'BadConfig'].map((reason) => `Ingress/shop ${reason}`),
    );
  });

  test('tells what the API server does not accept in its own words, and goes on with the rest', async (t) => {
    const causes = [{ type: 'FieldValueInvalid', field: 'spec.duration', message: 'is too short' }];
    const world = ingressWorld(t, (client) => ({
      async create(resource, object, options) {
        if (object.metadata.name === 'a') throw new KubeError('kube-invalid', 'no', { causes });
        return await client.create(resource, object, options);
      },
    }));
    world.put(ingresses, shop({}, 'a', 'b'));
    await world.settle();
    assert.deepEqual(world.writes, ['create Certificate/b']);
    assert.deepEqual(world.problems, []);
    const message = 'Certificate "a" cannot be made as the annotations say: spec.duration: is too short';
    assert.ok(world.events.some(({ event }) => event.reason === 'BadConfig' && event.message === message));
  });

  test('tries again when somebody else wrote at the same time', async (t) => {
    let conflicts = 1;
    const world = ingressWorld(t, (client) => ({
      async update(resource, object, options) {
        if (conflicts-- > 0) throw new KubeError('kube-conflict', 'was changed');
        return await client.update(resource, object, options);
      },
    }));
    world.put(ingresses, shop({}, 'a'));
    await world.settle();
    world.put(ingresses, shop({ 'cert-manager.io/usages': 'any' }, 'a'));
    await world.clock.advance(1000);
    assert.deepEqual([world.writes, world.problems], [['create Certificate/a', 'update Certificate/a'], []]);
  });

  test('does not look again for every change of a status', async (t) => {
    let looks = 0;
    const world = run(t, ({ informer }) => {
      const source = ingressSource(informer(ingresses, ingressIndexes));
      return {
        ...source,
        requestOf(ingress: Ingress) {
          looks += 1;
          return source.requestOf(ingress);
        },
      };
    });
    world.put(ingresses, shop({}, 'a'));
    await world.settle();
    const before = looks;
    const certificate = world.get(certificateResource, 'a');
    assert.ok(certificate);
    const status = { revision: 1 };
    await world.deps.client.updateStatus(
      certificateResource,
      { ...certificate, status },
      { signal: AbortSignal.timeout(1000) },
    );
    await world.settle();
    assert.equal(looks, before);
    world.put(certificateResource, { ...certificate, spec: { ...certificate.spec, dnsNames: ['x.example.org'] } });
    await world.settle();
    assert.ok(looks > before);
    assert.deepEqual(world.get(certificateResource, 'a')?.spec.dnsNames, ['shop.example.org']);
  });
});

test('a ListenerSet is looked at again when its Gateway changes', async (t) => {
  const world = run(t, ({ informer }) => {
    const parents = informer(gateways, gatewayIndexes);
    return listenerSetSource(informer(listenerSets, listenerSetIndexes), parents, defaultShimOptions);
  });
  const listener = {
    name: 'https',
    hostname: 'set.example.org',
    port: 443,
    protocol: 'HTTPS',
    tls: { mode: 'Terminate', certificateRefs: [{ name: 'set' }] },
  };
  world.put(listenerSets, { metadata: { name: 'set' }, spec: { parentRef: { name: 'edge' }, listeners: [listener] } });
  await world.settle();
  world.put(gateways, { metadata: { name: 'other', annotations: { 'cert-manager.io/issuer': 'x' } }, spec: {} });
  await world.settle();
  assert.deepEqual(world.writes, []);
  world.put(gateways, { metadata: { name: 'edge', annotations: { 'cert-manager.io/issuer': 'ca' } }, spec: {} });
  await world.settle();
  assert.deepEqual(world.writes, ['create Certificate/set']);
  world.put(gateways, { metadata: { name: 'edge', annotations: { 'cert-manager.io/issuer': 'other' } }, spec: {} });
  await world.settle();
  assert.equal(world.get(certificateResource, 'set')?.spec.issuerRef.name, 'other');
});

test('where one namespace is looked at only, Gateways of others are not waited for', async (t) => {
  const world = run(t, ({ informer }) => {
    const options = { ...defaultShimOptions, namespace: 'default' };
    return listenerSetSource(informer(listenerSets, listenerSetIndexes), informer(gateways, gatewayIndexes), options);
  });
  const tls = { mode: 'Terminate', certificateRefs: [{ name: 'set' }] };
  const listeners = [{ name: 'https', hostname: 'set.example.org', protocol: 'HTTPS', tls }];
  const annotations = { 'cert-manager.io/issuer': 'ca' };
  const put = (name: string, namespace: string) =>
    world.put(listenerSets, {
      metadata: { name, annotations },
      spec: { parentRef: { name: 'edge', namespace }, listeners },
    });
  put('here', 'default');
  await world.settle();
  assert.deepEqual(world.writes, []);
  put('elsewhere', 'web');
  await world.settle();
  assert.deepEqual(world.writes, ['create Certificate/set']);
});
