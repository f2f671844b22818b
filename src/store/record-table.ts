import type { DatabaseSync } from 'node:sqlite';
import type * as z from 'zod/mini';
import { DomainError, messageOf } from '../core/error.ts';
import { createCommitGroup } from './commit-group.ts';

/** The tables that keep one JSON record for each certificate. */
export type RecordTableName = 'orders' | 'attempts' | 'certificates' | 'renewals';

export interface RecordTable<T> {
  load(certificateId: string): Promise<T | undefined>;
  /** undefined removes it. */
  save(certificateId: string, record: T | undefined): Promise<void>;
  list(): Promise<T[]>;
}

/** @throws DomainError `store-unavailable`, `store-damaged` from every method */
export function createRecordTable<T>(
  database: DatabaseSync,
  table: RecordTableName,
  schema: z.ZodMiniType<T>,
): RecordTable<T> {
  const group = createCommitGroup(database);
  const select = database.prepare(`SELECT record FROM ${table} WHERE certificate = ?`);
  const selectAll = database.prepare(`SELECT certificate, record FROM ${table} ORDER BY certificate`);
  const put = database.prepare(`INSERT OR REPLACE INTO ${table} (certificate, record) VALUES (?, ?)`);
  const remove = database.prepare(`DELETE FROM ${table} WHERE certificate = ?`);

  const parse = (id: string, text: unknown): T => {
    const parsed = schema.safeParse(parseJson(String(text)));
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    const message = `the record of ${id} in the table ${table} cannot be read (${where}); restore a backup, or delete that row to start afresh`;
    throw new DomainError('store-damaged', message);
  };

  return {
    async load(id) {
      const row = translating(() => select.get(id));
      return row === undefined ? undefined : parse(id, row['record']);
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
      return rows.map((row) => parse(String(row['certificate']), row['record']));
    },
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
  const message = `the database cannot do its work: ${messageOf(error)}`;
  return new DomainError('store-unavailable', message, { retry: { kind: 'backoff' }, cause: error });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
