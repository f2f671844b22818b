import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configMaps, namespaces } from './core-kinds.ts';
import { metadataOf } from './define-resource.ts';
import { experimentalListenerSets, gateways, listenerSets } from './gateway.ts';
import type { Gateway, GatewayListener, ListenerSet } from './gateway.ts';
import { ingresses } from './ingress.ts';
import type { Ingress } from './ingress.ts';
import { apiVersionOf } from './resource.ts';
import type { Resource } from './resource.ts';
import { secretBytes, secretData, secrets } from './secret.ts';

const metadata = { namespace: 'n', name: 'a' };
const listener: GatewayListener = {
  name: 'l',
  protocol: 'HTTPS',
  port: 443,
  hostname: 'a.example',
  tls: { certificateRefs: [{ name: 's' }] },
};

describe('what is read of the kinds of others', () => {
  test('the parts that are looked at are typed, and nothing of the rest is lost', () => {
    const ingress: Ingress = ingresses.parse({
      ...kindOf(ingresses),
      metadata,
      spec: { tls: [{ hosts: ['a.example'], secretName: 's', later: 1 }], later: 2 },
    });
    assert.deepEqual(ingress.spec, { tls: [{ hosts: ['a.example'], secretName: 's', later: 1 }], later: 2 });
    const gateway: Gateway = gateways.parse({
      ...kindOf(gateways),
      metadata,
      spec: { listeners: [{ ...listener, later: 1 }] },
    });
    assert.equal(gateway.spec.listeners?.[0]?.tls?.certificateRefs?.[0]?.name, 's');
    assert.equal(gateway.spec.listeners?.[0]?.['later'], 1);
    for (const resource of [listenerSets, experimentalListenerSets]) {
      const set: ListenerSet = resource.parse({
        ...kindOf(resource),
        metadata,
        spec: { parentRef: { name: 'g' }, listeners: [listener] },
      });
      assert.deepEqual([set.spec.parentRef.name, set.spec.listeners], ['g', [listener]]);
    }
  });

  test('what cannot be used is refused by name and place, without its value', () => {
    const rows: readonly (readonly [Resource, object, RegExp])[] = [
      [secrets, { metadata, data: { k: 7 } }, /^Secret n\/a cannot be read: data\.k: /],
      [secrets, { metadata, data: 'VALUE' }, /^Secret n\/a cannot be read: data: /],
      [
        configMaps,
        { metadata: { ...metadata, labels: { l: ['VALUE'] } } },
        /^ConfigMap without usable metadata cannot be read: metadata\.labels\.l: /,
      ],
      [namespaces, {}, /^Namespace without usable metadata cannot be read: metadata: /],
      [
        gateways,
        { metadata, spec: { listeners: [{ name: 'l' }] } },
        /^Gateway n\/a cannot be read: spec\.listeners\.0\.protocol: /,
      ],
    ];
    for (const [resource, value, message] of rows) {
      assert.throws(
        () => resource.parse({ ...kindOf(resource), ...value }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'kube-bad-object');
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /VALUE/);
          return true;
        },
      );
    }
  });

  test('of metadata alone nothing else is demanded', () => {
    const object = metadataOf(gateways).parse({ ...kindOf(gateways), metadata });
    assert.deepEqual(object, { ...kindOf(gateways), metadata });
  });

  test('data of Secrets: text, bytes, and what is not there', () => {
    const data = secretData({ text: 'ä', bytes: new Uint8Array([0, 128, 255]) });
    assert.deepEqual(data, { text: 'w6Q=', bytes: 'AID/' });
    assert.deepEqual(secretBytes({ data }, 'bytes'), Buffer.from([0, 128, 255]));
    assert.equal(secretBytes({ data }, 'none'), undefined);
    assert.equal(secretBytes({}, 'none'), undefined);
  });
});

function kindOf(resource: Resource): { apiVersion: string; kind: string } {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind };
}
