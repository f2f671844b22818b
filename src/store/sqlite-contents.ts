import type { DatabaseSync } from 'node:sqlite';
import type { TxtRow } from '../acmedns/ports.ts';
import type { ImportedName } from './import-names.ts';
import type { RecordTableName } from './record-table.ts';
import { toAccount } from './sqlite-account-store.ts';

/** The records that are moved, whatever is in them. */
export const MOVED_TABLES = [
  'orders',
  'attempts',
  'certificates',
  'renewals',
] as const satisfies readonly RecordTableName[];

export interface StoredRecord {
  readonly table: (typeof MOVED_TABLES)[number];
  readonly certificate: string;
  /** JSON. */
  readonly record: string;
}

/** Every label of our own SQLite file with whose it is. Values that an order holds come again with the order. */
export function readSqliteNames(database: DatabaseSync): ImportedName[] {
  const rows = new Map<string, TxtRow[]>();
  for (const row of database.prepare('SELECT * FROM txt WHERE held = 0').all()) {
    const subdomain = String(row['subdomain']);
    const txt = { value: String(row['value']), updatedAt: Number(row['updated_at']), held: false };
    rows.set(subdomain, [...(rows.get(subdomain) ?? []), txt]);
  }
  const accounts = database.prepare('SELECT * FROM accounts').all().map(toAccount);
  const delegations = database.prepare('SELECT domain, subdomain FROM delegations').all();
  return [
    ...accounts.map((owner) => ({ subdomain: owner.subdomain, owner, rows: rows.get(owner.subdomain) ?? [] })),
    ...delegations.map((row) => ({
      subdomain: String(row['subdomain']),
      owner: { domain: String(row['domain']) },
      rows: [],
    })),
  ];
}

export function readSqliteRecords(database: DatabaseSync): StoredRecord[] {
  return MOVED_TABLES.flatMap((table) =>
    database
      .prepare(`SELECT certificate, record FROM ${table}`)
      .all()
      .map((row) => ({ table, certificate: String(row['certificate']), record: String(row['record']) })),
  );
}
