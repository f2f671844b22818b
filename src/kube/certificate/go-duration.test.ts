import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromGoDuration, toGoDuration } from './go-duration.ts';

describe('durations in the notation of Go', () => {
  for (const [text, expected] of [
    ['2160h', 7_776_000_000],
    ['2160h0m0s', 7_776_000_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1000],
    ['1h30m5s10ms', 5_405_010],
    ['1000000ns', 1],
    ['1500us', 1.5],
    ['1500µs', 1.5],
    ['0', 0],
    ['-3s', -3000],
    ['+3s', 3000],
    ['', undefined],
    ['90d', undefined],
    ['5', undefined],
    ['h', undefined],
    ['1h ', undefined],
    [undefined, undefined],
  ] as const) {
    test(`${text}`, () => assert.equal(fromGoDuration(text), expected));
  }
});

describe('as Go prints them', () => {
  for (const [text, expected] of [
    ['999h', '999h0m0s'],
    ['90m', '1h30m0s'],
    ['1h5s', '1h0m5s'],
    ['61s', '1m1s'],
    ['1.5s', '1.5s'],
    ['1h0.5s', '1h0m0.5s'],
    ['5ms', '5ms'],
    ['0', '0s'],
    ['-90s', '-1m30s'],
  ] as const) {
    test(text, () => assert.equal(toGoDuration(fromGoDuration(text) ?? Number.NaN), expected));
  }
});
