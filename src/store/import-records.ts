import type { PostgresDatabase } from './postgres-database.ts';
import type { StoredRecord } from './sqlite-contents.ts';

/** Brings records in; what is there already stays. Resolves to how many are new. */
export async function importRecords(database: PostgresDatabase, records: readonly StoredRecord[]): Promise<number> {
  let added = 0;
  for (const { table, certificate, record } of records) {
    const rows = await database.run(
      `INSERT INTO evercert.${table} (certificate, record) VALUES ($1, $2) ON CONFLICT (certificate) DO NOTHING RETURNING 1`,
      [certificate, record],
    );
    added += rows.length;
  }
  return added;
}
