import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createManualClock } from '../testing/manual-clock.ts';
import type { ManualClock } from '../testing/manual-clock.ts';
import { createScriptedWatch } from '../testing/scripted-watch.ts';
import type { ScriptedAnswer, ScriptedWatch } from '../testing/scripted-watch.ts';
import { configMaps } from './core-kinds.ts';
import type { ConfigMap } from './core-kinds.ts';
import { createInformer } from './informer.ts';
import type { Informer, InformerOptions } from './informer.ts';
import { KubeError } from './kube-error.ts';

const gone = new KubeError('kube-gone', 'too old');
const away = new KubeError('kube-unavailable', 'away');

/** `a1`: the object a in version 1. */
function object(text: string, more: Partial<ConfigMap> = {}): ConfigMap {
  const [, name = '', resourceVersion = ''] = /^([a-z]+)(\d+)$/.exec(text) ?? [];
  const metadata = { namespace: 'ns', name, resourceVersion, ...more.metadata };
  return { apiVersion: 'v1', kind: 'ConfigMap', ...more, metadata };
}

const added = (text: string) => ({ type: 'added', object: object(text) }) as const;
const modified = (text: string) => ({ type: 'modified', object: object(text) }) as const;
const deleted = (text: string) => ({ type: 'deleted', object: object(text) }) as const;
const bookmark = (resourceVersion: string) => ({ type: 'bookmark', resourceVersion }) as const;
const list = (resourceVersion: string, ...texts: readonly string[]) => ({
  list: [{ items: texts.map((text) => object(text)), resourceVersion }],
});

interface Running {
  readonly informer: Informer<ConfigMap>;
  readonly server: ScriptedWatch;
  readonly clock: ManualClock;
  readonly changes: string[];
  readonly errors: unknown[];
  content(): string[];
  stop(): Promise<void>;
}

async function start(
  script: readonly ScriptedAnswer[],
  more: Partial<InformerOptions<ConfigMap>> = {},
): Promise<Running> {
  const clock = createManualClock();
  const server = createScriptedWatch(script);
  const errors: unknown[] = [];
  const informer = createInformer(server, configMaps, { clock, onError: (error) => errors.push(error), ...more });
  const changes: string[] = [];
  const show = (one: ConfigMap | undefined): string => one?.metadata.resourceVersion ?? '';
  informer.onChange((key, before, after) => changes.push(`${key} ${show(before)}>${show(after)}`));
  const over = new AbortController();
  const running = informer.run(over.signal);
  await clock.advance(0);
  return {
    informer,
    server,
    clock,
    changes,
    errors,
    content: () =>
      informer
        .list()
        .map(({ metadata }) => `${metadata.name}${metadata.resourceVersion}`)
        .toSorted(),
    async stop() {
      over.abort(new Error('stopped'));
      await running;
    },
  };
}

describe('createInformer', { timeout: 20_000 }, () => {
  const rows: readonly {
    readonly what: string;
    readonly script: readonly ScriptedAnswer[];
    readonly asked: readonly string[];
    readonly content: readonly string[];
    readonly changes?: readonly string[];
    readonly errors?: number;
  }[] = [
    {
      what: 'a list and what happens since',
      script: [list('5', 'a1', 'b2'), { watch: [modified('a6'), deleted('b7'), added('c8')], last: 'hang' }],
      asked: ['list', 'watch from 5'],
      content: ['a6', 'c8'],
      changes: ['ns/a >1', 'ns/b >2', 'ns/a 1>6', 'ns/b 2>', 'ns/c >8'],
    },
    {
      what: 'a list in pages',
      script: [
        {
          list: [
            { items: [object('a1')], resourceVersion: '5' },
            { items: [object('b2')], resourceVersion: '5' },
          ],
        },
      ],
      asked: ['list', 'watch from 5'],
      content: ['a1', 'b2'],
    },
    {
      what: 'a watch that the server ended goes on from its last event or bookmark',
      script: [list('5'), { watch: [added('a6')] }, { watch: [bookmark('9')], last: away }, { watch: [added('b10')] }],
      asked: ['list', 'watch from 5', 'watch from 6', 'watch from 9', 'watch from 10'],
      content: ['a6', 'b10'],
      errors: 1,
    },
    {
      what: 'a version that the server has forgotten: what was deleted meanwhile is seen by the list',
      script: [list('5', 'a1', 'b2'), { watch: [], last: gone }, list('9', 'b7', 'c8')],
      asked: ['list', 'watch from 5', 'list', 'watch from 9'],
      content: ['b7', 'c8'],
      changes: ['ns/a >1', 'ns/b >2', 'ns/b 2>7', 'ns/c >8', 'ns/a 1>'],
      errors: 0,
    },
    {
      what: 'a list that is forgotten in its middle is begun again, in the end all at once, and nothing is taken for deleted',
      script: [
        list('5', 'a1'),
        { watch: [], last: gone },
        { list: [{ items: [object('b2')], resourceVersion: '9' }], error: gone },
        { list: [{ items: [object('b2')], resourceVersion: '9' }], error: gone },
        list('12', 'a1', 'b2'),
      ],
      asked: ['list', 'watch from 5', 'list', 'list', 'list by 0', 'watch from 12'],
      content: ['a1', 'b2'],
      changes: ['ns/a >1', 'ns/b >2'],
    },
    {
      what: 'an outage while it lists',
      script: [{ list: [], error: away }, { list: [], error: away }, list('5', 'a1')],
      asked: ['list', 'list', 'list', 'watch from 5'],
      content: ['a1'],
      errors: 2,
    },
    {
      what: 'a kind whose CRD was taken away and came back',
      script: [list('5', 'a1'), { watch: [], last: new KubeError('kube-not-found', 'no such kind') }, list('8', 'z7')],
      asked: ['list', 'watch from 5', 'list', 'watch from 8'],
      content: ['z7'],
      errors: 1,
    },
    {
      what: 'an etcd that was put back to a backup: what is older by its version holds',
      script: [
        list('90', 'a70', 'b80'),
        { watch: [], last: gone },
        list('50', 'a40', 'c30'),
        { watch: [modified('a51')], last: 'hang' },
      ],
      asked: ['list', 'watch from 90', 'list', 'watch from 50'],
      content: ['a51', 'c30'],
    },
    {
      what: 'an event that was overtaken changes nothing',
      script: [
        list('5', 'a4'),
        { watch: [modified('a3'), added('a4'), modified('a10'), modified('a9')], last: 'hang' },
      ],
      asked: ['list', 'watch from 5'],
      content: ['a10'],
      changes: ['ns/a >4', 'ns/a 4>10'],
    },
    {
      what: 'an object that cannot be read is not there, and the others are',
      script: [
        {
          list: [
            {
              items: [object('a1'), object('b2')],
              resourceVersion: '5',
              unreadable: [{ key: 'ns/x', resourceVersion: '2', error: new Error('x') }],
            },
          ],
        },
        {
          watch: [
            { type: 'unreadable', deleted: false, key: 'ns/a', resourceVersion: '6', error: new Error('a') },
            modified('b7'),
          ],
          last: 'hang',
        },
      ],
      asked: ['list', 'watch from 5'],
      content: ['b7'],
      errors: 2,
    },
  ];
  for (const { what, script, asked, content, changes, errors } of rows) {
    test(what, async () => {
      const running = await start(script);
      await running.clock.advance(200_000);
      assert.deepEqual(running.server.asked, asked);
      assert.deepEqual(running.content(), content);
      if (changes !== undefined) assert.deepEqual(running.changes, changes);
      if (errors !== undefined) assert.equal(running.errors.length, errors);
      assert.equal(running.informer.isSynced(), true);
      await running.informer.synced;
      await running.stop();
    });
  }

  test('a server that ends or refuses every watch is not asked in a circle', async () => {
    const script = [list('5'), ...Array.from({ length: 500 }, () => ({ watch: [] }))];
    const ends = await start(script);
    await ends.clock.advance(60_000);
    assert.ok(ends.server.asked.length < 70, String(ends.server.asked.length));
    await ends.stop();
    const refuses = await start(
      Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? list('5') : { watch: [], last: gone })),
    );
    await refuses.clock.advance(60_000);
    assert.ok(refuses.server.asked.length < 30, String(refuses.server.asked.length));
    assert.ok(refuses.errors.length > 3);
    await refuses.stop();
  });

  test('pauses grow to half a minute and begin anew after a success; Retry-After is kept', async () => {
    const busy = new KubeError('kube-unavailable', 'x', { retry: { kind: 'after', at: Date.UTC(2026, 0, 1, 0, 20) } });
    const { server, clock, stop } = await start([
      ...Array.from({ length: 12 }, () => ({ list: [], error: away })),
      { list: [], error: busy },
      list('5'),
    ]);
    await clock.advance(10_000);
    assert.ok(server.asked.length >= 3 && server.asked.length <= 5, String(server.asked.length));
    await clock.advance(600_000);
    assert.equal(server.asked.length, 13);
    await clock.advance(Date.UTC(2026, 0, 1, 0, 20) - clock.now() - 1);
    assert.equal(server.asked.length, 13);
    await clock.advance(1);
    assert.deepEqual(server.asked.slice(13), ['list', 'watch from 5']);
    await stop();
  });

  test('our own writes are seen at once, and stay when the list or the watch is behind them', async () => {
    const { informer, server, clock, content, changes, stop } = await start([
      list('5', 'a1', 'b2'),
      { watch: [], last: 'hang' },
    ]);
    informer.upsert(object('a7'));
    informer.upsert(object('c8'));
    assert.deepEqual(content(), ['a7', 'b2', 'c8']);
    server.tell(modified('a6'));
    await clock.advance(0);
    assert.deepEqual(content(), ['a7', 'b2', 'c8'], 'somebody else wrote before us');
    server.tell(modified('a7'));
    server.tell(added('c8'));
    await clock.advance(0);
    assert.deepEqual(changes.slice(2), ['ns/a 1>7', 'ns/c >8'], 'no change is told twice');
    server.tell(deleted('c9'));
    await clock.advance(0);
    informer.upsert(object('c8'));
    assert.deepEqual(content(), ['a7', 'b2'], 'an answer that comes after the deletion brings nothing back');
    informer.upsert(object('c12'));
    server.tell(deleted('c11'));
    await clock.advance(0);
    assert.deepEqual(content(), ['a7', 'b2', 'c12'], 'made anew by us: the deletion is of the one before');
    await stop();
  });

  test('a list that is older than our own write does not take it away', async () => {
    const { informer, clock, content, stop } = await start([
      list('5', 'a1'),
      { watch: [], last: away },
      { watch: [], last: gone },
      list('9', 'a1'),
    ]);
    informer.upsert(object('b10'));
    informer.upsert(object('c8'));
    await clock.advance(200_000);
    assert.deepEqual(content(), ['a1', 'b10'], 'c was deleted meanwhile; b may come yet');
    await stop();
  });

  test('indexes and namespaces', async () => {
    const of = (text: string, namespace: string, group: string): ConfigMap =>
      object(text, { metadata: { ...object(text).metadata, namespace }, data: { group } });
    const items = [of('a1', 'one', 'x'), of('b2', 'one', 'y'), of('a3', 'two', 'x')];
    const groups = ({ data }: ConfigMap): string[] => (data?.['group'] ?? '').split(' ');
    const { informer, server, clock, stop } = await start(
      [{ list: [{ items, resourceVersion: '5' }] }, { watch: [], last: 'hang' }],
      { indexes: { group: groups } },
    );
    const keys = (found: readonly ConfigMap[]): string[] =>
      found.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).toSorted();
    assert.deepEqual(keys(informer.byIndex('group', 'x')), ['one/a', 'two/a']);
    assert.deepEqual(keys(informer.list('one')), ['one/a', 'one/b']);
    assert.deepEqual(informer.list('three'), []);
    assert.equal(informer.get({ namespace: 'two', name: 'a' })?.metadata.resourceVersion, '3');
    assert.equal(informer.get('two/b'), undefined);
    server.tell({ type: 'modified', object: of('a6', 'one', 'y z') });
    server.tell({ type: 'deleted', object: of('a7', 'two', 'x') });
    await clock.advance(0);
    assert.deepEqual(keys(informer.byIndex('group', 'x')), []);
    assert.deepEqual(keys(informer.byIndex('group', 'y')), ['one/a', 'one/b']);
    assert.deepEqual(keys(informer.byIndex('group', 'z')), ['one/a']);
    assert.throws(() => informer.byIndex('other', 'x'), /no index other/);
    await stop();
  });

  test('managed fields are not kept unless asked for; a late listener hears of all that is there', async () => {
    const managed = object('a1', {
      metadata: { ...object('a1').metadata, managedFields: [{ manager: 'm' }] },
      data: { secret: 'x' },
    });
    for (const keepManagedFields of [false, true]) {
      const { informer, stop } = await start([{ list: [{ items: [managed], resourceVersion: '5' }] }], {
        keepManagedFields,
        transform: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }),
      });
      const [one] = informer.list();
      assert.equal(one?.metadata.managedFields?.length, keepManagedFields ? 1 : undefined);
      assert.equal(one?.data, undefined);
      const heard: string[] = [];
      const end = informer.onChange((key) => heard.push(key));
      assert.deepEqual(heard, ['ns/a']);
      end();
      informer.upsert(object('a2'));
      assert.deepEqual(heard, ['ns/a']);
      await stop();
    }
  });
});
