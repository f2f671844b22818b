import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromGoDuration } from './go-duration.ts';

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
