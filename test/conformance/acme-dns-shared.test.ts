import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAcmeDnsPostgresStore } from '../../src/store/acme-dns-postgres-store.ts';
import { prepareAcmeDnsTables } from '../../src/store/acme-dns-postgres.ts';
import { createAcmeDnsSqliteStore } from '../../src/store/acme-dns-sqlite-store.ts';
import { openAcmeDnsSqlite } from '../../src/store/acme-dns-sqlite.ts';
import { newPostgresDatabase, withPostgres } from './postgres-under-test.ts';
import { testSharedAccountStore } from './shared-account-store.ts';

testSharedAccountStore(
  "acme-dns' SQLite file",
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'evercert-acmedns-'));
    t.after(() => rmSync(folder, { recursive: true }));
    return async () => {
      const database = openAcmeDnsSqlite(join(folder, 'acme-dns.db'));
      t.after(() => database.close());
      return createAcmeDnsSqliteStore(database);
    };
  },
  { hasNodes: false },
);

withPostgres(() =>
  testSharedAccountStore(
    "acme-dns' tables in PostgreSQL",
    async (t) => {
      const open = await newPostgresDatabase(t);
      return async () => {
        const database = await open();
        return createAcmeDnsPostgresStore(database, await prepareAcmeDnsTables(database));
      };
    },
    { hasNodes: true },
  ),
);
