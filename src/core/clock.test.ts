import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock, withTimeout } from './clock.ts';

test('a sleep ends with the reason of the abort', async () => {
  const stop = new AbortController();
  const sleeping = systemClock.sleep(2 ** 40, stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(sleeping, /enough/);
  await assert.rejects(systemClock.sleep(1, stop.signal), /enough/);
});

test('a sleep of nothing, or of less, ends at once', async () => {
  await systemClock.sleep(0, new AbortController().signal);
  await systemClock.sleep(-5, new AbortController().signal);
});

test('withTimeout aborts with its parent or by itself', async () => {
  const parent = new AbortController();
  parent.abort(new Error('parent'));
  assert.equal(withTimeout(parent.signal, 1000).aborted, true);
  const timed = withTimeout(new AbortController().signal, 1);
  await new Promise<void>((resolve) => timed.addEventListener('abort', () => resolve()));
  assert.equal(timed.reason.name, 'TimeoutError');
});
