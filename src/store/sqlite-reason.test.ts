import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { sqliteReason } from './sqlite-reason.ts';

const folder = mkdtempSync(join(tmpdir(), 'evercert-sqlite-reason-'));
after(() => rmSync(folder, { recursive: true }));

/** The words for what SQLite throws; each as it really happens. */
function faultOf(work: (open: (file: string, options?: { readOnly: boolean }) => DatabaseSync) => void): string {
  const opened: DatabaseSync[] = [];
  try {
    work((file, options = { readOnly: false }) => {
      const database = new DatabaseSync(file === ':memory:' ? file : join(folder, file), options);
      opened.push(database);
      return database;
    });
  } catch (error) {
    return sqliteReason(error);
  } finally {
    for (const database of opened) database.close();
  }
  return assert.fail('nothing was thrown');
}

describe('what SQLite cannot do is said in words that help', () => {
  test('no room is left', () => {
    const fault = faultOf((open) => {
      const database = open(':memory:');
      database.exec('PRAGMA max_page_count = 1; CREATE TABLE a (x); CREATE TABLE b (x)');
    });
    assert.equal(fault, 'the disk is full');
  });

  test('locked by another program', () => {
    const fault = faultOf((open) => {
      open('locked.db').exec('CREATE TABLE a (x); BEGIN EXCLUSIVE');
      open('locked.db').exec('INSERT INTO a VALUES (1)');
    });
    assert.equal(fault, 'another program keeps it locked');
  });

  test('not to be written', () => {
    const fault = faultOf((open) => {
      open('read.db').exec('CREATE TABLE a (x)');
      open('read.db', { readOnly: true }).exec('INSERT INTO a VALUES (1)');
    });
    assert.equal(fault, 'this user may not write the file or its folder');
  });

  test('no folder', () => {
    assert.match(
      faultOf((open) => open('nowhere/a.db')),
      /^the file is missing or may not be opened/,
    );
  });

  test('another kind of file', () => {
    writeFileSync(join(folder, 'text.db'), 'this is a text '.repeat(100));
    const fault = faultOf((open) => open('text.db').exec('CREATE TABLE a (x)'));
    assert.equal(fault, 'it is no SQLite database');
  });

  test('anything else: in the words of SQLite', () => {
    const fault = faultOf((open) => open(':memory:').exec('SELEC'));
    assert.equal(fault, 'near "SELEC": syntax error');
    assert.equal(sqliteReason('thrown text'), 'thrown text');
  });
});
