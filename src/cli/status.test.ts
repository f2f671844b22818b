import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validity } from './status.ts';

const DAY = 86_400_000;
const END = Date.UTC(2027, 0, 31);

test('until when a certificate is good, before its end and after', () => {
  assert.equal(validity(END, END - 10 * DAY), 'until 2027-01-31T00:00:00.000Z, 10 d left');
  assert.equal(validity(END, END + 10 * DAY), 'until 2027-01-31T00:00:00.000Z, expired 10 d ago');
});
