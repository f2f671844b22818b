import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { QueryResultRow } from 'pg';
import type { Account, AccountStore, TxtRow } from '../acmedns/ports.ts';
import { DomainError } from '../core/error.ts';
import { findAcmeDnsSchema } from './acme-dns-postgres.ts';
import { allowFromOfText, keyOfPassword } from './acme-dns-rows.ts';
import { rowsOfLabel } from './acme-dns-slots.ts';
import { openAcmeDnsSqlite } from './acme-dns-sqlite.ts';
import { createAcmeDnsSqliteStore } from './acme-dns-sqlite-store.ts';
import type { ImportedName } from './import-names.ts';
import { openPostgres, type RunSql } from './postgres-database.ts';
import { snapshotDatabase } from './snapshot.ts';

/** Rows read at a time. */
const PART = 10_000;

/**
 * All names in a SQLite database of acme-dns, with what evercert kept beside them when it was used in place. The file is only read: what is
 * looked at is `copy`, which is made for it.
 * @throws DomainError `invalid-source`, `store-unavailable`, `store-too-new`
 */
export async function readAcmeDnsFile(file: string, copy: string): Promise<ImportedName[]> {
  if (!existsSync(file)) throw notThere(`there is no ${file}`);
  snapshotDatabase(file, copy);
  if (!hasRecords(copy)) throw notThere(`${file} is no database of acme-dns`);
  const database = openAcmeDnsSqlite(copy);
  try {
    const store = createAcmeDnsSqliteStore(database);
    const rows = await rowsIn(store);
    const names: ImportedName[] = [];
    for await (const page of store.accounts())
      for (const owner of page)
        names.push({ subdomain: owner.subdomain, owner, rows: rows.get(owner.subdomain) ?? [] });
    for (const row of database.prepare('SELECT domain, subdomain FROM evercert_delegations').all())
      names.push({ subdomain: String(row['subdomain']), owner: { domain: String(row['domain']) }, rows: [] });
    return names;
  } finally {
    database.close();
  }
}

function hasRecords(file: string): boolean {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'records'").get() !== undefined;
  } finally {
    database.close();
  }
}

/** Values of our own orders stay where the order is. */
async function rowsIn(store: AccountStore): Promise<Map<string, readonly TxtRow[]>> {
  const rows = new Map<string, readonly TxtRow[]>();
  for await (const page of store.names())
    for (const name of page)
      rows.set(
        name.subdomain,
        name.rows.filter(({ held }) => !held),
      );
  return rows;
}

/**
 * All names in a PostgreSQL database of acme-dns, as they are at one moment. It is only read.
 * @throws DomainError `invalid-source`, `store-unavailable`
 */
export async function readAcmeDnsPostgres(url: string): Promise<ImportedName[]> {
  const database = await openPostgres(url);
  try {
    // PostgreSQL ends a transaction that we leave alone for seconds: what is to be made of the rows is made after it.
    const tables = await database.transaction(readTables, {
      first: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;',
    });
    return namesIn(tables);
  } finally {
    await database.close();
  }
}

interface Tables {
  readonly records: readonly QueryResultRow[];
  readonly txt: readonly QueryResultRow[];
}

async function readTables(run: RunSql): Promise<Tables> {
  const schema = await findAcmeDnsSchema(run);
  if (schema === undefined) throw notThere('the PostgreSQL database has no tables of acme-dns');
  const records = await readAll(
    run,
    `SELECT username, password, subdomain, allowfrom FROM ${schema}.records ORDER BY username`,
  );
  const txt = await readAll(run, `SELECT rowid, subdomain, value, lastupdate FROM ${schema}.txt ORDER BY rowid`);
  return { records, txt };
}

function namesIn({ records, txt }: Tables): ImportedName[] {
  const slots = Map.groupBy(txt, (row) => String(row['subdomain']));
  return records.map((record) => {
    const owner = accountOf(record);
    const rows = rowsOfLabel((slots.get(owner.subdomain) ?? []).map(slotOf), []);
    const newest = Math.max(...rows.map(({ updatedAt }) => updatedAt));
    return { subdomain: owner.subdomain, owner: rows.length === 0 ? owner : { ...owner, lastUpdateAt: newest }, rows };
  });
}

/** Part by part, so that no statement takes long: the tables have no index that every part could be looked for by. */
async function readAll(run: RunSql, select: string): Promise<QueryResultRow[]> {
  await run(`DECLARE part NO SCROLL CURSOR FOR ${select}`);
  const rows: QueryResultRow[] = [];
  for (;;) {
    const part = await run(`FETCH ${PART} FROM part`);
    for (const row of part) rows.push(row);
    if (part.length < PART) break;
  }
  await run('CLOSE part');
  return rows;
}

function accountOf(record: QueryResultRow): Account {
  return {
    username: String(record['username']),
    key: keyOfPassword(record['password']),
    subdomain: String(record['subdomain']),
    allowFrom: allowFromOfText(record['allowfrom']),
    createdAt: 0,
  };
}

function slotOf(row: QueryResultRow) {
  return { id: Number(row['rowid']), value: String(row['value'] ?? ''), lastUpdate: Number(row['lastupdate'] ?? 0) };
}

function notThere(what: string): DomainError {
  return new DomainError(
    'invalid-source',
    `${what}; name the database file of acme-dns, its config.cfg, or the URL of its PostgreSQL database`,
  );
}
