import type * as z from 'zod/mini';
import { DomainError } from '../core/error.ts';

/** The tables that keep one JSON record for each certificate. */
export type RecordTableName = 'orders' | 'attempts' | 'certificates' | 'renewals' | 'issued';

/** @throws DomainError `store-unavailable`, `store-damaged` from every method */
export interface RecordTable<T> {
  load(certificateId: string): Promise<T | undefined>;
  /** undefined removes it. Two for one certificate take effect in the order of the calls. */
  save(certificateId: string, record: T | undefined): Promise<void>;
  list(): Promise<T[]>;
}

/** The tables of one database. */
export type OpenRecordTable = <T>(table: RecordTableName, schema: z.ZodMiniType<T>) => RecordTable<T>;

/** Reads a record back. @throws DomainError `store-damaged` */
export function parseRecord<T>(table: RecordTableName, id: string, text: string, schema: z.ZodMiniType<T>): T {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  const message = `the record of ${id} in the table ${table} cannot be read (${where}); restore a backup, or delete that row to start afresh`;
  throw new DomainError('store-damaged', message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
