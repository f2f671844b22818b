import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { readPrivateFile, writePrivateFile } from '../files/private-file.ts';
import { createIssuedStore } from '../store/issued-store.ts';
import { createPostgresAccountStore } from '../store/postgres-account-store.ts';
import { createPostgresAcmeAccountStore } from '../store/postgres-acme-account-store.ts';
import { openPostgres, type PostgresDatabase } from '../store/postgres-database.ts';
import { createPostgresLeases } from '../store/postgres-leases.ts';
import { migratePostgres } from '../store/postgres-migrations.ts';
import { postgresRecordTables } from '../store/postgres-record-table.ts';
import type { Kept } from './kept.ts';
import { withSharedCopies } from './shared-delivery.ts';

/**
 * `check`: looks at the database before anything of ours is in it.
 * @throws DomainError `store-unavailable`, `store-too-new`, `file-not-writable`
 */
export async function openKeptInPostgres(
  url: string,
  folder: string,
  check: (database: PostgresDatabase) => Promise<void> = async () => {},
): Promise<Kept> {
  const node = await nodeOf(folder);
  const database = await openPostgres(url);
  try {
    await check(database);
    await migratePostgres(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  const tables = postgresRecordTables(database);
  const issued = createIssuedStore(tables);
  return {
    zoneStore: createPostgresAccountStore(database),
    tables,
    acmeAccounts: createPostgresAcmeAccountStore(database),
    async openKeptAccounts() {
      const { createPostgresKeptAccounts } = await import('../store/postgres-kept-accounts.ts');
      return createPostgresKeptAccounts(database);
    },
    shared: {
      leases: createPostgresLeases({ database, clock: systemClock, node }),
      shareCopies: (delivery, namesOf) => withSharedCopies(delivery, issued, namesOf),
    },
    sqlite: undefined,
    postgres: database,
    close: () => database.close(),
  };
}

/** What tells this node from others: chosen once, and with the name of the machine, in case that the folder is copied. */
async function nodeOf(folder: string): Promise<string> {
  const file = join(folder, 'node');
  const known = (await readPrivateFile(file))?.trim();
  const chosen = known === undefined || known === '' ? randomUUID() : known;
  if (chosen !== known) await writePrivateFile(file, `${chosen}\n`);
  return `${hostname()}/${chosen}`;
}
