import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validity } from './status.ts';

const DAY = 86_400_000;
const END = Date.UTC(2027, 0, 31);

test('when a certificate is good: before its time, in it and after', () => {
  const times = { notBefore: END - 90 * DAY, notAfter: END };
  const early = 'only from 2026-11-02T00:00:00.000Z: is the clock of this machine right?';
  assert.equal(validity(times, END - 100 * DAY), early);
  assert.equal(validity(times, END - 10 * DAY), 'until 2027-01-31T00:00:00.000Z, 10 d left');
  assert.equal(validity(times, END + 10 * DAY), 'until 2027-01-31T00:00:00.000Z, expired 10 d ago');
  assert.equal(
    validity({ ...times, notBefore: undefined }, END - 10 * DAY),
    'until 2027-01-31T00:00:00.000Z, 10 d left',
  );
});
