import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaultBackoffBounds, retryTime } from './issuance-backoff.ts';

const HOUR = 3_600_000;

describe('retryTime', () => {
  const rows: [attempts: number | undefined, hours: number][] = [
    [undefined, 1],
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 4],
    [6, 32],
    [7, 32],
    [100_000, 32],
  ];
  for (const [failedAttempts, hours] of rows) {
    test(`after ${failedAttempts} failures: ${hours} h`, () => {
      assert.equal(retryTime({ lastFailureTime: 1000, failedAttempts }, defaultBackoffBounds), 1000 + hours * HOUR);
    });
  }

  test('what has not failed need not wait', () => {
    assert.equal(retryTime({ lastFailureTime: undefined, failedAttempts: 3 }, defaultBackoffBounds), undefined);
  });

  test('bounds from flags', () => {
    const bounds = { minimum: 1000, maximum: 3000 };
    assert.equal(retryTime({ lastFailureTime: 0, failedAttempts: 2 }, bounds), 2000);
    assert.equal(retryTime({ lastFailureTime: 0, failedAttempts: 3 }, bounds), 3000);
  });
});
