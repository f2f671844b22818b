import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account } from '../acmedns/ports.ts';
import { createAccountCount } from './account-count.ts';

function counted(pages: readonly number[], took: number) {
  const clock = { time: 0, now: () => clock.time };
  let counts = 0;
  const store = {
    async *accounts() {
      counts += 1;
      clock.time += took;
      for (const size of pages) yield Array.from({ length: size }, () => ({}) as Account);
    },
  };
  return { count: createAccountCount(store, clock), clock, counts: () => counts };
}

test('all pages are counted; at once again only after a second', async () => {
  const { count, clock, counts } = counted([3, 2, 0], 1);
  assert.deepEqual(await Promise.all([count(), count()]), [5, 5]);
  clock.time += 999;
  assert.equal(await count(), 5);
  assert.equal(counts(), 1);
  clock.time += 1;
  await count();
  assert.equal(counts(), 2);
});

test('what takes long is done seldom: one part in a hundred of the time', async () => {
  const { count, clock, counts } = counted([1], 5000);
  await count();
  clock.time += 499_000;
  await count();
  assert.equal(counts(), 1);
  clock.time += 1000;
  await count();
  assert.equal(counts(), 2);
});

test('a count that failed is tried again', async () => {
  let fails = true;
  const store = {
    // eslint-disable-next-line require-yield
    async *accounts(): AsyncGenerator<readonly Account[]> {
      if (fails) throw new Error('the store is away');
      yield [{} as Account];
    },
  };
  const count = createAccountCount(store, { now: () => 0 });
  await assert.rejects(count());
  fails = false;
  assert.equal(await count(), 1);
});
