import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createManualClock } from '../testing/manual-clock.ts';
import { configMaps } from './core-kinds.ts';
import type { Event } from './event-object.ts';
import { createEventRecorder } from './event-recorder.ts';
import type { EventRecorder, EventRecorderOptions } from './event-recorder.ts';
import { KubeError } from './kube-error.ts';

const about = configMaps.parse({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'n', name: 'one', uid: 'u1', resourceVersion: '7' },
});

/** The API server as far as events go, and a recorder beside it. */
function start() {
  const clock = createManualClock();
  const stored = new Map<string, Event>();
  const errors: unknown[] = [];
  const state = { failure: undefined as Error | undefined, calls: 0 };
  const client = {
    async create(_resource: unknown, event: Event) {
      state.calls += 1;
      if (state.failure !== undefined) throw state.failure;
      assert.ok(!stored.has(event.metadata.name), 'each has a name of its own');
      stored.set(event.metadata.name, event);
      return event;
    },
    async patch(_resource: unknown, key: { name: string }, { body }: { body: Partial<Event> }) {
      state.calls += 1;
      const event = stored.get(key.name);
      if (event === undefined) throw new KubeError('kube-not-found', 'gone', { isObject: true });
      stored.set(key.name, { ...event, ...body });
      return event;
    },
  } as unknown as EventRecorderOptions['client'];
  const recorder: EventRecorder = createEventRecorder({
    client,
    clock,
    component: 'c',
    instance: 'pod',
    onError: (error) => errors.push(error),
  });
  const over = new AbortController();
  const running = recorder.run(over.signal);
  return {
    clock,
    stored,
    errors,
    state,
    recorder,
    rows: () => [...stored.values()].map(({ reason, count }) => `${reason} ${count}`),
    async stop() {
      over.abort();
      await running;
    },
  };
}

const event = (reason: string, message = 'm') => ({ type: 'Normal', reason, message }) as const;

describe('createEventRecorder', { timeout: 20_000 }, () => {
  test('the same again within minutes is counted up; later, or about another object, it is a new one', async () => {
    const { recorder, clock, rows, stored, stop } = start();
    recorder.record(about, event('A'));
    recorder.record(about, event('A'));
    recorder.record(about, event('A', 'other'));
    await clock.advance(5000);
    recorder.record(about, event('A'));
    await clock.advance(0);
    assert.deepEqual(rows(), ['A 3', 'A 1']);
    const [first] = stored.values();
    assert.deepEqual(first?.involvedObject, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'n',
      name: 'one',
      uid: 'u1',
      resourceVersion: '7',
    });
    assert.deepEqual([first?.firstTimestamp, first?.lastTimestamp], ['2026-01-01T00:00:00Z', '2026-01-01T00:00:05Z']);
    assert.match(first?.metadata.name ?? '', /^one\.[0-9a-f]+$/);
    recorder.record({ ...about, metadata: { ...about.metadata, uid: 'u2' } }, event('A'));
    await clock.advance(600_000);
    recorder.record(about, event('A'));
    await clock.advance(0);
    assert.deepEqual(rows(), ['A 3', 'A 1', 'A 1', 'A 1']);
    await stop();
  });

  test('an event that somebody deleted is written anew', async () => {
    const { recorder, clock, rows, stored, stop } = start();
    recorder.record(about, event('A'));
    await clock.advance(0);
    stored.clear();
    recorder.record(about, event('A'));
    await clock.advance(0);
    assert.deepEqual(rows(), ['A 1']);
    await stop();
  });

  test('a storm about one object is cut short, and others are heard', async () => {
    const { recorder, clock, state, rows, stop } = start();
    for (let index = 0; index < 500; index += 1) recorder.record(about, event('Storm', `m${index}`));
    recorder.record({ ...about, metadata: { ...about.metadata, name: 'two' } }, event('B'));
    await clock.advance(0);
    assert.equal(state.calls, 26);
    assert.equal(rows().at(-1), 'B 1');
    await clock.advance(120_000);
    for (let index = 0; index < 10; index += 1) recorder.record(about, event('Later', `m${index}`));
    await clock.advance(0);
    assert.equal(state.calls, 28);
    await stop();
  });

  test('what cannot be written is told and forgotten; what came at the end is still sent', async () => {
    const { recorder, clock, errors, state, rows, stop } = start();
    state.failure = new KubeError('kube-forbidden', 'no');
    recorder.record(about, event('A'));
    await clock.advance(0);
    assert.deepEqual(errors, [state.failure]);
    state.failure = undefined;
    await clock.advance(60_000);
    const ending = stop();
    recorder.record(about, event('Last'));
    await ending;
    assert.deepEqual(rows(), ['Last 1']);
  });

  test('a flood of events about many objects does not fill the memory', async () => {
    const { recorder, clock, state, stop } = start();
    for (let index = 0; index < 5000; index += 1)
      recorder.record({ ...about, metadata: { ...about.metadata, name: `o${index}` } }, event('A'));
    await clock.advance(0);
    assert.ok(state.calls <= 1001, String(state.calls));
    await stop();
  });
});
