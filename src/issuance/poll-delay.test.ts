import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pollDelay } from './poll-delay.ts';

const since = 1_700_000_000_000;
const at = (elapsed: number, retryAfter?: number) =>
  pollDelay({
    now: since + elapsed,
    since,
    deadline: 90_000,
    shortest: 50,
    retryAfter: retryAfter === undefined ? undefined : since + retryAfter,
  });

describe('pollDelay', () => {
  const table: readonly [string, number | undefined, number | undefined][] = [
    ['at the beginning: soon', at(0), 50],
    ['after 300 ms: half of that', at(300), 150],
    ['after 5 s: half of that', at(5000), 2500],
    ['after a minute: no longer than 3 s', at(60_000), 3000],
    ['just before the deadline: no longer than to it', at(89_000), 1000],
    ['at the deadline: no more', at(90_000), undefined],
    ['long after it: no more', at(900_000), undefined],
    ['told when: then', at(1000, 4000), 3000],
    ['told a moment that is past: as if not told', at(1000, 500), 500],
    ['told tomorrow: at the deadline', at(1000, 86_400_000), 89_000],
    ['the clock was set back: as at the beginning', at(-500_000), 50],
  ];
  for (const [title, actual, expected] of table) test(title, () => assert.equal(actual, expected));

  test('the whole wait needs a bounded number of looks', () => {
    let elapsed = 0;
    let looks = 0;
    for (let wait = at(0); wait !== undefined; wait = at(elapsed)) {
      elapsed += wait;
      looks += 1;
    }
    assert.equal(elapsed, 90_000);
    assert.ok(looks < 50, `${looks} looks`);
  });
});
