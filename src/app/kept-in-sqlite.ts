import { join } from 'node:path';
import { createAcmeAccountFiles } from '../standalone/acme-account-files.ts';
import { openDatabase } from '../store/database.ts';
import { createSqliteAccountStore } from '../store/sqlite-account-store.ts';
import { sqliteRecordTables } from '../store/sqlite-record-table.ts';
import type { Kept } from './kept.ts';

export const SQLITE_FILE = 'evercert.db';

/** @throws DomainError `store-unavailable`, `store-too-new` */
export function openKeptInSqlite(folder: string): Kept {
  const database = openDatabase(join(folder, SQLITE_FILE));
  return {
    zoneStore: createSqliteAccountStore(database),
    tables: sqliteRecordTables(database),
    acmeAccounts: createAcmeAccountFiles(join(folder, 'accounts')),
    async openKeptAccounts() {
      const { createAccountKeeper } = await import('./account-keeper.ts');
      return createAccountKeeper(join(folder, 'client-accounts'));
    },
    shared: undefined,
    sqlite: database,
    postgres: undefined,
    close: async () => database.close(),
  };
}
