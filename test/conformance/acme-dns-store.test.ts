import { mkdtempSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAcmeDnsSqlite } from '../../src/store/acme-dns-sqlite.ts';
import { createAcmeDnsSqliteStore } from '../../src/store/acme-dns-sqlite-store.ts';
import { testAccountStore } from './account-txt-store.ts';

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
