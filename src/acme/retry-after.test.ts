import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseHttpDate, parseRetryAfter } from './retry-after.ts';

const at = Date.UTC(2026, 10, 24, 12, 0, 0);
const date = 'Tue, 24 Nov 2026 12:00:00 GMT';

describe('parseRetryAfter, RFC 9110 section 10.2.3', () => {
  const rows: [what: string, header: string | undefined, seconds: number | undefined][] = [
    ['missing', undefined, undefined],
    ['empty', '', undefined],
    ['seconds', '3', 3],
    ['seconds with space around', ' 120 ', 120],
    ['zero', '0', 0],
    ['a day', '86400', 86_400],
    ['a silly number', '9'.repeat(400), 366 * 86_400],
    ['negative', '-5', undefined],
    ['a fraction', '1.5', undefined],
    ['words', 'soon', undefined],
    ['a date that is no HTTP date', '2026-11-24T12:00:05Z', undefined],
    ['a bare year, which Date.parse would take', '2027', 2027],
    ['IMF-fixdate', 'Tue, 24 Nov 2026 12:00:07 GMT', 7],
    ['RFC 850', 'Tuesday, 24-Nov-26 12:00:07 GMT', 7],
    ['asctime', 'Tue Nov 24 12:00:07 2026', 7],
    ['asctime with one-digit day', 'Tue Dec  1 12:00:00 2026', 7 * 86_400],
    ['a date in the past', 'Mon, 23 Nov 2026 12:00:00 GMT', 0],
    ['a date in another zone', 'Tue, 24 Nov 2026 12:00:07 +0100', undefined],
    ['a day that does not exist', 'Tue, 24 Nov 2026 25:00:00 GMT', undefined],
    ['a date in a thousand years', 'Tue, 24 Nov 3026 12:00:00 GMT', 366 * 86_400],
  ];
  for (const [what, header, seconds] of rows) {
    const expected = seconds === undefined ? undefined : at + seconds * 1000;
    test(what, () => assert.equal(parseRetryAfter(header, { at, date }), expected));
  }

  for (const skew of [-86_400_000, -600_000, 600_000, 86_400_000]) {
    test(`a local clock that is ${skew / 1000} s off changes nothing about how long to wait`, () => {
      const local = at + skew;
      assert.equal(parseRetryAfter('Tue, 24 Nov 2026 12:00:30 GMT', { at: local, date }), local + 30_000);
      assert.equal(parseRetryAfter('30', { at: local, date }), local + 30_000);
    });
  }

  test('without a usable Date header the local clock decides', () => {
    for (const none of [undefined, '', 'yesterday']) {
      assert.equal(parseRetryAfter('Tue, 24 Nov 2026 12:00:30 GMT', { at, date: none }), at + 30_000);
    }
  });

  test('any text gives nothing or a moment between now and a year from now', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (header, served) => {
        const moment = parseRetryAfter(header, { at, date: served });
        assert.ok(moment === undefined || (moment >= at && moment <= at + 366 * 86_400_000));
      }),
    );
  });
});

test('every date that a server can write is read back', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2500-01-01'), noInvalidDate: true }), (moment) => {
      assert.equal(parseHttpDate(moment.toUTCString()), Math.floor(moment.getTime() / 1000) * 1000);
    }),
  );
});
