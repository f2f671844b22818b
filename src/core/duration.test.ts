import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatDuration, parseDuration } from './duration.ts';

describe('parseDuration', () => {
  const good: [string, number][] = [
    ['90d', 7_776_000_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5s', 1500],
    ['0s', 0],
  ];
  for (const [text, milliseconds] of good) test(text, () => assert.equal(parseDuration(text), milliseconds));
  for (const text of ['', '5', 'h', '5 h', '-5h', '5x', '5h junk', '1h30']) {
    test(`"${text}" is refused`, () => assert.throws(() => parseDuration(text), { code: 'invalid-duration' }));
  }
});

describe('formatDuration', () => {
  const rows: [number, string][] = [
    [0, '0 ms'],
    [349.6, '350 ms'],
    [4200, '4.2 s'],
    [720_000, '12 min'],
    [3 * 3_600_000, '3 h'],
    [60 * 86_400_000, '60 d'],
    [88_400, '88 s'],
    [-90_000, '-90 s'],
  ];
  for (const [milliseconds, text] of rows) test(text, () => assert.equal(formatDuration(milliseconds), text));
});
