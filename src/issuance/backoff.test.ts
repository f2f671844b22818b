import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { backoff, nextAttempt } from './backoff.ts';
import type { Attempts } from './ports.ts';

const MINUTE = 60_000;
const NOW = 1_700_000_000_000;
const failure = { code: 'acme-dns', message: 'no TXT record', notBefore: undefined, permanent: false };
const failed = { failure, fingerprint: 'f', now: NOW, random: 0.5 };
const after = (failures: number, more: Partial<Attempts> = {}): Attempts => ({
  ...nextAttempt(undefined, failed),
  failures,
  ...more,
});

const told = (notBefore: number) => nextAttempt(undefined, { ...failed, failure: { ...failure, notBefore } }).notBefore;

describe('backoff', () => {
  for (const [failures, minutes] of [
    [1, 1],
    [2, 10],
    [3, 100],
    [4, 1440],
    [5, 1440],
    [500, 1440],
  ] as const) {
    test(`after ${failures} failures in a row: ${minutes} minutes, more or less a tenth`, () => {
      assert.equal(backoff(failures, 0.5), minutes * MINUTE);
      assert.equal(backoff(failures, 0), minutes * MINUTE * 0.9);
      assert.ok(backoff(failures, 0.999) < minutes * MINUTE * 1.1);
    });
  }
});

describe('nextAttempt', () => {
  test('the first failure, then the next ones', () => {
    let attempts: Attempts | undefined;
    for (const minutes of [1, 10, 100, 1440, 1440]) {
      attempts = nextAttempt(attempts, failed);
      assert.equal(attempts.notBefore, NOW + minutes * MINUTE);
    }
    assert.deepEqual(
      { failures: attempts?.failures, code: attempts?.code, message: attempts?.message, at: attempts?.lastFailureAt },
      { failures: 5, code: 'acme-dns', message: 'no TXT record', at: NOW },
    );
  });

  test('another request begins at the foot of the ladder', () => {
    assert.equal(nextAttempt(after(4, { fingerprint: 'other' }), failed).failures, 1);
  });

  test('the CA says when: later than the ladder is honoured, sooner is not', () => {
    assert.equal(told(NOW + 3 * 60 * MINUTE), NOW + 3 * 60 * MINUTE);
    assert.equal(told(NOW + 1), NOW + MINUTE);
    assert.equal(told(NOW - 1), NOW + MINUTE);
  });

  test('what only a person can mend has no next try', () => {
    const attempts = nextAttempt(undefined, { ...failed, failure: { ...failure, permanent: true } });
    assert.deepEqual([attempts.permanent, attempts.notBefore], [true, undefined]);
  });

  test('an order that fails a second time, after a crash, is counted once', () => {
    const once = nextAttempt(undefined, { ...failed, order: 5 });
    assert.equal(nextAttempt(once, { ...failed, order: 5, now: NOW + 1 }), once);
    assert.equal(nextAttempt(once, { ...failed, order: 6 }).failures, 2);
  });

  test('the ladder can be given a lower end', () => {
    assert.equal(nextAttempt(after(7), { ...failed, longest: 60 * MINUTE }).notBefore, NOW + 60 * MINUTE);
    assert.equal(nextAttempt(undefined, { ...failed, longest: 60 * MINUTE }).notBefore, NOW + MINUTE);
  });
});
