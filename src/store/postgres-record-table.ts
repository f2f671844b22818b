import type { PostgresDatabase } from './postgres-database.ts';
import { type OpenRecordTable, parseRecord } from './record-table.ts';

/** `database` has our schema, and is closed by who opened it. */
export function postgresRecordTables(database: PostgresDatabase): OpenRecordTable {
  return (table, schema) => {
    const name = `evercert.${table}`;
    const parse = (id: string, text: unknown) => parseRecord(table, id, String(text), schema);
    /** By certificate: the latest save that is under way. */
    const saving = new Map<string, Promise<unknown>>();

    async function write(id: string, text: string | undefined): Promise<void> {
      if (text === undefined) {
        await database.run(`DELETE FROM ${name} WHERE certificate = $1`, [id]);
        return;
      }
      await database.run(
        `INSERT INTO ${name} (certificate, record) VALUES ($1, $2)
         ON CONFLICT (certificate) DO UPDATE SET record = excluded.record`,
        [id, text],
      );
    }

    return {
      async load(id) {
        const [row] = await database.run(`SELECT record FROM ${name} WHERE certificate = $1`, [id]);
        return row && parse(id, row['record']);
      },
      async save(id, record) {
        const text = record === undefined ? undefined : JSON.stringify(record);
        const before = saving.get(id) ?? Promise.resolve();
        const saved = before.then(() => write(id, text));
        const settled = saved.catch(() => {});
        saving.set(id, settled);
        void settled.then(() => saving.get(id) === settled && saving.delete(id));
        await saved;
      },
      async list() {
        const rows = await database.run(`SELECT certificate, record FROM ${name} ORDER BY certificate`);
        return rows.map((row) => parse(String(row['certificate']), row['record']));
      },
    };
  };
}
