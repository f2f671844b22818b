import { mkdtempSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareAcmeDnsTables } from '../../src/store/acme-dns-postgres.ts';
import { createAcmeDnsPostgresStore } from '../../src/store/acme-dns-postgres-store.ts';
import { openAcmeDnsSqlite } from '../../src/store/acme-dns-sqlite.ts';
import { createAcmeDnsSqliteStore } from '../../src/store/acme-dns-sqlite-store.ts';
import { testAccountStore } from './account-txt-store.ts';
import { newPostgresDatabase, withPostgres } from './postgres-under-test.ts';

testAccountStore("acme-dns' SQLite file", (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-acmedns-'));
  const opened: DatabaseSync[] = [];
  t.after(() => {
    for (const database of opened) if (database.isOpen) database.close();
    rmSync(folder, { recursive: true });
  });
  const open = () => {
    const database = openAcmeDnsSqlite(join(folder, 'acme-dns.db'));
    opened.push(database);
    return createAcmeDnsSqliteStore(database);
  };
  // A second connection sees what is committed and nothing else.
  return { store: open(), reopen: open };
});

withPostgres(() =>
  testAccountStore("acme-dns' tables in PostgreSQL", async (t) => {
    const open = await newPostgresDatabase(t);
    const create = async () => {
      const database = await open();
      return createAcmeDnsPostgresStore(database, await prepareAcmeDnsTables(database));
    };
    return { store: await create(), reopen: create };
  }),
);
