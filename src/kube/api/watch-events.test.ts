import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WatchEvent } from './client.ts';
import { configMaps } from './core-kinds.ts';
import type { ConfigMap } from './core-kinds.ts';
import { isKubeError } from './kube-error.ts';
import { pageOf } from './page-of.ts';
import { watchEvents } from './watch-events.ts';

async function* lines(values: readonly unknown[]): AsyncGenerator<Uint8Array> {
  for (const value of values) yield Buffer.from(`${JSON.stringify(value)}\n`);
}

async function read(...values: readonly unknown[]): Promise<WatchEvent<ConfigMap>[]> {
  const events: WatchEvent<ConfigMap>[] = [];
  for await (const event of watchEvents(configMaps, lines(values))) events.push(event);
  return events;
}

const object = { metadata: { namespace: 'n', name: 'a', resourceVersion: '5' } };

test('events of each type; one that cannot be read, and one that nobody knows yet', async () => {
  const events = await read(
    { type: 'ADDED', object },
    { type: 'MODIFIED', object: { ...object, data: 7 } },
    { type: 'DELETED', object: { ...object, data: 7 } },
    { type: 'DELETED', object },
    { type: 'BOOKMARK', object: { kind: 'ConfigMap', metadata: { resourceVersion: '9' } } },
    { type: 'LATER', object },
  );
  assert.deepEqual(
    events.map((event) =>
      event.type === 'unreadable' ? `${event.type} ${event.key} ${event.resourceVersion} ${event.deleted}` : event.type,
    ),
    ['added', 'unreadable n/a 5 false', 'unreadable n/a 5 true', 'deleted', 'bookmark'],
  );
  const [added] = events;
  assert.ok(added?.type === 'added');
  assert.deepEqual([added.object.apiVersion, added.object.kind], ['v1', 'ConfigMap']);
});

test('an error of the server is thrown', async () => {
  const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
  await assert.rejects(read({ type: 'ADDED', object }, { type: 'ERROR', object: gone }), {
    code: 'kube-gone',
    message: 'watch configmaps: too old resource version',
  });
  await assert.rejects(read({ type: 'ERROR', object: 'x' }), { code: 'kube-unavailable' });
  await assert.rejects(read({ nothing: true }), { code: 'kube-unavailable' });
});

test('whatever comes, it ends in events, in pages, or in an error of ours', async () => {
  const type = fc.constantFrom('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR', 'X');
  const metadata = fc.record(
    { name: fc.string(), namespace: fc.string(), resourceVersion: fc.anything(), labels: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const any = fc.oneof(fc.jsonValue(), fc.record({ metadata, data: fc.jsonValue() }));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.jsonValue(), fc.record({ type, object: any }))), async (values) => {
      try {
        for (const event of await read(...values)) {
          if (event.type === 'unreadable') assert.ok(isKubeError(event.error, 'kube-bad-object'), String(event.error));
        }
      } catch (error) {
        assert.ok(isKubeError(error), String(error));
      }
    }),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.jsonValue(),
        fc.record({ metadata: fc.jsonValue(), items: fc.array(any) }),
        fc.record({ metadata: fc.constant({ resourceVersion: '1' }), items: fc.array(any) }),
      ),
      (answer) => {
        try {
          const { page } = pageOf(configMaps, answer);
          for (const { error } of page.unreadable) assert.ok(isKubeError(error, 'kube-bad-object'), String(error));
        } catch (error) {
          assert.ok(isKubeError(error), String(error));
        }
      },
    ),
  );
});
