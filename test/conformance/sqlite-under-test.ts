import { mkdtempSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openDatabase } from '../../src/store/database.ts';
import type { StoreUnderTest } from './order-store.ts';

/** A database file of its own for one test. A second connection sees what is committed and nothing else. */
export function sqliteUnderTest<Store>(
  create: (database: DatabaseSync) => Store,
): (t: TestContext) => StoreUnderTest<Store> {
  return (t) => {
    const open = openDatabases(t);
    return { store: create(open()), reopen: () => create(open()) };
  };
}

/** Opens the same file anew at each call; all are closed and the file removed after the test. */
export function openDatabases(t: TestContext): () => DatabaseSync {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-store-'));
  const opened: DatabaseSync[] = [];
  t.after(() => {
    for (const database of opened) if (database.isOpen) database.close();
    rmSync(folder, { recursive: true });
  });
  return () => {
    const database = openDatabase(join(folder, 'evercert.db'));
    opened.push(database);
    return database;
  };
}
