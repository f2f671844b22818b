/*
 * What makes acme-dns' tables (db_version 1) as it makes them itself, where they are missing; so a database of any release, or none yet, is
 * complete.
 */
export const sqliteTables = tables('', '');

/** By name. */
export function postgresTables(schema: string): Readonly<Record<string, string>> {
  return tables(`${schema}.`, 'rowid SERIAL, ');
}

function tables(prefix: string, rowid: string): Readonly<Record<string, string>> {
  return {
    acmedns: `CREATE TABLE IF NOT EXISTS ${prefix}acmedns (Name TEXT, Value TEXT)`,
    records: `CREATE TABLE IF NOT EXISTS ${prefix}records (Username TEXT UNIQUE NOT NULL PRIMARY KEY, Password TEXT UNIQUE NOT NULL, Subdomain TEXT UNIQUE NOT NULL, AllowFrom TEXT)`,
    txt: `CREATE TABLE IF NOT EXISTS ${prefix}txt (${rowid}Subdomain TEXT NOT NULL, Value TEXT NOT NULL DEFAULT '', LastUpdate INT)`,
  };
}

/** The index that acme-dns' main branch makes, under its name: without it every read goes through all of the table. */
export const INDEX = 'idx_txt_subdomain';

export function indexOf(prefix: string): string {
  return `CREATE INDEX IF NOT EXISTS ${INDEX} ON ${prefix}txt (Subdomain)`;
}

/** The schema of acme-dns that we know. It has had no other since 2018. */
export const ACME_DNS_VERSION = 1;

/** Forward only: an entry that was released is never edited. How many have been applied stands in evercert_schema. */
export const besideMigrations: readonly string[] = [
  `
  CREATE TABLE evercert_accounts (             -- what acme-dns does not know of an account; times in ms since the epoch
    username       TEXT PRIMARY KEY,
    created_at     INTEGER NOT NULL,
    last_update_at INTEGER
  ) WITHOUT ROWID;

  CREATE TABLE evercert_txt (
    subdomain  TEXT NOT NULL,
    value      TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    held       INTEGER NOT NULL,               -- 1: put there by an order of our own, which takes it away again
    in_slot    INTEGER NOT NULL,               -- 1: it was in acme-dns' txt as well
    PRIMARY KEY (subdomain, value)
  ) WITHOUT ROWID;

  CREATE TABLE evercert_delegations (
    domain     TEXT PRIMARY KEY,
    subdomain  TEXT NOT NULL UNIQUE
  ) WITHOUT ROWID;

  CREATE TABLE evercert_changes (              -- which label changed when
    version    INTEGER PRIMARY KEY,
    subdomain  TEXT NOT NULL
  );
  `,
];
