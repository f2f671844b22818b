import type { DatabaseSync } from 'node:sqlite';
import { DomainError } from '../core/error.ts';
import { createCommitGroup } from './commit-group.ts';
import { type OpenRecordTable, parseRecord } from './record-table.ts';
import { sqliteReason } from './sqlite-reason.ts';

/** `database` comes from openDatabase, and is closed by who opened it. */
export function sqliteRecordTables(database: DatabaseSync): OpenRecordTable {
  return (table, schema) => {
    const group = createCommitGroup(database);
    const select = database.prepare(`SELECT record FROM ${table} WHERE certificate = ?`);
    const selectAll = database.prepare(`SELECT certificate, record FROM ${table} ORDER BY certificate`);
    const put = database.prepare(`INSERT OR REPLACE INTO ${table} (certificate, record) VALUES (?, ?)`);
    const remove = database.prepare(`DELETE FROM ${table} WHERE certificate = ?`);
    return {
      async load(id) {
        const row = translating(() => select.get(id));
        return row === undefined ? undefined : parseRecord(table, id, String(row['record']), schema);
      },
      async save(id, record) {
        const text = record === undefined ? undefined : JSON.stringify(record);
        try {
          await group.run(() => (text === undefined ? remove.run(id) : put.run(id, text)));
        } catch (error) {
          throw unavailable(error);
        }
      },
      async list() {
        const rows = translating(() => selectAll.all());
        return rows.map((row) => parseRecord(table, String(row['certificate']), String(row['record']), schema));
      },
    };
  };
}

function translating<R>(work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw unavailable(error);
  }
}

function unavailable(error: unknown): DomainError {
  const message = `the database cannot do its work: ${sqliteReason(error)}`;
  return new DomainError('store-unavailable', message, { retry: { kind: 'backoff' }, cause: error });
}
