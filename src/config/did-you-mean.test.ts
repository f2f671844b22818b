import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './did-you-mean.ts';

const words = ['listen', 'workers', 'foreign_zone', 'max_tcp_connections', 'tcp_idle', 'id'];
const rows: [typed: string, meant: string | undefined][] = [
  ['listn', 'listen'],
  ['Listen', 'listen'],
  ['wrokers', 'workers'],
  ['foreign-zone', 'foreign_zone'],
  ['max_tcp_conections', 'max_tcp_connections'],
  ['di', undefined],
  ['x', undefined],
  ['', undefined],
  ['something_else', undefined],
  ['w'.repeat(100_000), undefined],
];
for (const [typed, meant] of rows) {
  test(`${typed.slice(0, 20)} means ${meant}`, () => assert.equal(nearest(typed, words), meant));
}
