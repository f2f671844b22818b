import { chmodSync, existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { DomainError } from '../core/error.ts';
import { ACME_DNS_VERSION, besideMigrations, indexOf, sqliteTables } from './acme-dns-schema.ts';
import { inTransaction } from './database.ts';
import { sqliteReason } from './sqlite-reason.ts';

/** How long a statement waits for another process that is writing, in ms. */
const BUSY_TIMEOUT = 5000;

/**
 * Opens a database of acme-dns where it is, with our tables beside those of acme-dns. Its journal mode stays: a person may copy the file, and
 * acme-dns may have to open it again. A commit that returned survives power loss.
 * @throws DomainError `store-unavailable`, `store-too-new`
 */
export function openAcmeDnsSqlite(file: string): DatabaseSync {
  try {
    const isNew = !existsSync(file);
    const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
    if (isNew) chmodSync(file, 0o600);
    database.exec('PRAGMA synchronous = FULL');
    complete(database, file);
    return database;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    const message = `the database of acme-dns ${file} cannot be used: ${sqliteReason(error)}; stop acme-dns, and let this user write the file and its folder`;
    throw new DomainError('store-unavailable', message, { cause: error });
  }
}

/** Brings acme-dns' schema and ours up to date; a file of acme-dns before 0.2 as acme-dns itself would. */
function complete(database: DatabaseSync, file: string): void {
  inTransaction(database, () => {
    for (const sql of [...Object.values(sqliteTables), indexOf('')]) database.exec(sql);
    const version = database.prepare("SELECT Value FROM acmedns WHERE Name = 'db_version'").get()?.['Value'];
    if (version === undefined) {
      database.exec(
        `INSERT INTO txt (Subdomain, LastUpdate) SELECT Subdomain, 0 FROM records CROSS JOIN (SELECT 1 UNION ALL SELECT 2)
           WHERE Subdomain NOT IN (SELECT Subdomain FROM txt);
         INSERT INTO acmedns (Name, Value) VALUES ('db_version', '${ACME_DNS_VERSION}')`,
      );
    } else if (Number(version) > ACME_DNS_VERSION) {
      throw tooNew(`${file} was written by an acme-dns that this version of evercert does not know`);
    }
    migrate(database, file);
  });
}

function migrate(database: DatabaseSync, file: string): void {
  database.exec('CREATE TABLE IF NOT EXISTS evercert_schema (version INTEGER NOT NULL)');
  const applied = Number(
    database.prepare('SELECT max(version) AS version FROM evercert_schema').get()?.['version'] ?? 0,
  );
  const migrations = besideMigrations;
  if (applied > migrations.length) throw tooNew(`${file} was used by a newer evercert`);
  if (applied === migrations.length) return;
  for (const migration of migrations.slice(applied)) database.exec(migration);
  database.exec(`DELETE FROM evercert_schema; INSERT INTO evercert_schema VALUES (${migrations.length})`);
}

function tooNew(what: string): DomainError {
  return new DomainError('store-too-new', `the database of acme-dns ${what}; start the newer version`);
}
