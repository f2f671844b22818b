import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import { whenStoreIsThere } from './when-store-is-there.ts';

const away = new DomainError('store-unavailable', 'it is away', { retry: { kind: 'backoff' } });
const refused = new DomainError('store-unavailable', 'the password is wrong');
const { signal } = new AbortController();

/** Time passes by sleeping alone. */
function sleepingClock(): Clock {
  let now = 0;
  return { now: () => now, sleep: async (milliseconds) => void (now += milliseconds) };
}

test('what opens at the hundredth try is opened, and it is said now and then what it waits for', async () => {
  const told: DomainError[] = [];
  let tries = 0;
  const open = async () => {
    tries += 1;
    if (tries < 100) throw away;
    return 'open';
  };
  assert.equal(await whenStoreIsThere(open, sleepingClock(), signal, (error) => told.push(error)), 'open');
  assert.deepEqual(told, [away, away]);
});

test('what trying again does not help is thrown', async () => {
  for (const error of [refused, new DomainError('store-too-new', 'newer'), new TypeError('a fault')]) {
    const opening = whenStoreIsThere(() => Promise.reject(error), sleepingClock(), signal, assert.fail);
    await assert.rejects(opening, error);
  }
});

test('who stops it while it waits gets nothing', async () => {
  const stop = new AbortController();
  const open = async () => {
    stop.abort();
    throw away;
  };
  assert.equal(await whenStoreIsThere(open, sleepingClock(), stop.signal, () => {}), undefined);
});
