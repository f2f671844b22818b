import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeClient } from './client.ts';
import { configMaps } from './core-kinds.ts';
import { fencedClient } from './fenced-client.ts';

test('who does not lead reads and does not write', async () => {
  const calls: string[] = [];
  const answer = (name: string) => async () => {
    calls.push(name);
    return name;
  };
  const writes = ['create', 'update', 'updateStatus', 'patch', 'apply', 'delete', 'raw'] as const;
  const names = [...writes, 'get', 'version'] as const;
  const client = Object.fromEntries(names.map((name) => [name, answer(name)])) as unknown as KubeClient;
  let isHeld = true;
  const fenced = fencedClient(client, {
    assertHeld() {
      if (!isHeld) throw new Error('not ours');
    },
  }) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  for (const name of names) assert.equal(await fenced[name]?.(configMaps, {}, {}), name);
  isHeld = false;
  calls.length = 0;
  for (const name of writes) await assert.rejects(async () => fenced[name]?.(configMaps, {}, {}), /not ours/);
  assert.deepEqual(calls, []);
  assert.equal(await fenced['get']?.(configMaps, {}, {}), 'get');
});
