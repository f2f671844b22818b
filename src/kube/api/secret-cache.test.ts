import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { createManualClock } from '../testing/manual-clock.ts';
import { createScriptedWatch } from '../testing/scripted-watch.ts';
import type { KubeClient } from './client.ts';
import { createSecretCache } from './secret-cache.ts';
import type { Secret } from './secret.ts';

const LABEL = 'controller.cert-manager.io/fao';

function secret(version: number, labels: Record<string, string>): Secret {
  const metadata = { namespace: 'ns', name: 'a', resourceVersion: String(version), labels };
  return { apiVersion: 'v1', kind: 'Secret', metadata, data: { k: `v${version}` } };
}

/** Two watches, one for each selection, which hear of things when the test says so; `stored` is what a GET finds. */
async function start(t: TestContext, items: readonly Secret[]) {
  const list = (of: readonly unknown[]) => ({ list: [{ items: of as never, resourceVersion: '1' }] });
  const ours = createScriptedWatch([list(items)]);
  const others = createScriptedWatch([list([])]);
  const side = (selector: string | undefined) => (selector === `${LABEL}=true` ? ours : others);
  const server = { stored: items[0], gets: 0 };
  const client = {
    list: (resource: never, query: { labelSelector?: string }, options: never) =>
      side(query.labelSelector).list(resource, query, options),
    watch: (resource: never, query: { labelSelector?: string; resourceVersion: string }, options: never) =>
      side(query.labelSelector).watch(resource, query, options),
    async get() {
      server.gets += 1;
      return server.stored;
    },
  } as unknown as KubeClient;
  const clock = createManualClock();
  const cache = createSecretCache(client, { clock });
  const over = new AbortController();
  const running = cache.run(over.signal);
  t.after(() => {
    over.abort();
    return running;
  });
  await cache.synced;
  await clock.advance(0);
  const read = () => cache.read('ns/a', new AbortController().signal);
  return { ours, others, server, cache, clock, read };
}

describe('a Secret that leaves our selection', () => {
  test('is not taken for deleted before the other watch has heard of it', async (t) => {
    const { ours, others, server, cache, clock, read } = await start(t, [secret(1, { [LABEL]: 'true' })]);
    assert.equal((await read())?.data?.['k'], 'v1');
    assert.equal(server.gets, 0);

    const unlabelled = secret(2, {});
    server.stored = unlabelled;
    ours.tell({ type: 'deleted', object: unlabelled });
    await clock.advance(0);
    assert.equal(cache.metadata('ns/a'), undefined);
    assert.equal((await read())?.data?.['k'], 'v2');

    others.tell({ type: 'added', object: unlabelled });
    await clock.advance(0);
    assert.equal(cache.metadata('ns/a')?.metadata.resourceVersion, '2');
    assert.equal((await read())?.data?.['k'], 'v2');
  });

  test('because it was deleted is asked for once', async (t) => {
    const { ours, server, clock, read } = await start(t, [secret(1, { [LABEL]: 'true' })]);
    server.stored = undefined;
    ours.tell({ type: 'deleted', object: secret(2, { [LABEL]: 'true' }) });
    await clock.advance(0);
    assert.equal(await read(), undefined);
    assert.equal(await read(), undefined);
    assert.equal(server.gets, 1);
  });
});
