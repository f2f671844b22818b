import { DomainError } from '../core/error.ts';
import { ACME_DNS_VERSION, INDEX, indexOf, postgresTables } from './acme-dns-schema.ts';
import type { PostgresDatabase, RunSql } from './postgres-database.ts';

/** The names of acme-dns' tables with their schema: a user that has the name of ours would see ours first. */
export interface AcmeDnsTables {
  readonly records: string;
  readonly txt: string;
}

/** Any number of ours, and another than that of our own schema. */
const LOCK = 4_832_117_002;

/** How acme-dns' rows were when they were last seen or written: what differs was changed by acme-dns, or by a person. */
const SEEN = `
  CREATE TABLE IF NOT EXISTS evercert.acme_dns_records (
    username   text COLLATE "C" PRIMARY KEY,
    password   text,
    subdomain  text COLLATE "C",
    allowfrom  text
  );
  CREATE TABLE IF NOT EXISTS evercert.acme_dns_txt (
    rowid      bigint PRIMARY KEY,
    subdomain  text COLLATE "C" NOT NULL,
    value      text,
    lastupdate bigint
  );
  CREATE INDEX IF NOT EXISTS acme_dns_txt_subdomain ON evercert.acme_dns_txt (subdomain)`;

/**
 * Makes acme-dns' tables and ours beside them where they are missing, so that a database of any release, or an empty one, is complete.
 * `database` has our schema.
 * @throws DomainError `store-unavailable`, `store-too-new`
 */
export async function prepareAcmeDnsTables(database: PostgresDatabase): Promise<AcmeDnsTables> {
  return await database.transaction(
    async (run) => {
      const schema = await schemaOf(run);
      const tables = { records: `${schema}.records`, txt: `${schema}.txt` };
      await run(SEEN);
      await makeMissing(run, schema);
      await checkVersion(run, schema, tables);
      return tables;
    },
    { first: `SELECT pg_advisory_xact_lock(${LOCK});` },
  );
}

/**
 * PostgreSQL looks for a table in the schema with the name of the user first: for a user that is called as our schema is, acme-dns would find
 * our tables in place of its own.
 * @throws DomainError `invalid-config`
 */
export async function checkAcmeDnsUser(database: PostgresDatabase): Promise<void> {
  const [row] = await database.run(`SELECT 'evercert' IN (current_user, current_schema()) AS clashes`);
  if (row?.['clashes'] !== true) return;
  const message =
    'the user of the PostgreSQL database of acme-dns is called "evercert", so that acme-dns would take our tables for its own; give both another user, as by ALTER ROLE evercert RENAME TO acmedns';
  throw new DomainError('invalid-config', message);
}

/**
 * Only what is missing: the user may have no right to make anything there, as acme-dns needs none once its tables are there. Without the index
 * it is slower, and works.
 */
async function makeMissing(run: RunSql, schema: string): Promise<void> {
  const isThere = async (name: string) => {
    const [row] = await run('SELECT to_regclass($1) IS NOT NULL AS there', [`${schema}.${name}`]);
    return row?.['there'] === true;
  };
  for (const [name, statement] of Object.entries(postgresTables(schema)))
    if (!(await isThere(name))) await run(statement);
  if (await isThere(INDEX)) return;
  await run('SAVEPOINT before_index');
  await run(indexOf(`${schema}.`)).catch(() => run('ROLLBACK TO SAVEPOINT before_index'));
}

/** Where acme-dns finds its tables, or would make them. */
async function schemaOf(run: RunSql): Promise<string> {
  const found = await findAcmeDnsSchema(run);
  if (found !== undefined) return found;
  const [row] = await run(`SELECT quote_ident(coalesce(nullif(current_schema(), 'evercert'), 'public')) AS schema`);
  return String(row?.['schema']);
}

/** The schema that acme-dns finds its tables in; undefined when there are none. */
export async function findAcmeDnsSchema(run: RunSql): Promise<string | undefined> {
  const [found] = await run(`
    SELECT quote_ident(nspname) AS schema FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relname = 'acmedns' AND pg_table_is_visible(pg_class.oid)`);
  return found && String(found['schema']);
}

/** A database of acme-dns before 0.2 has no version, and no values that could be kept. */
async function checkVersion(run: RunSql, schema: string, { records, txt }: AcmeDnsTables): Promise<void> {
  const [row] = await run(`SELECT value FROM ${schema}.acmedns WHERE name = 'db_version'`);
  const version = row?.['value'];
  if (version === undefined) {
    await run(`INSERT INTO ${txt} (subdomain, lastupdate)
      SELECT subdomain, 0 FROM ${records} CROSS JOIN generate_series(1, 2)
      WHERE NOT EXISTS (SELECT FROM ${txt} AS there WHERE there.subdomain = records.subdomain)`);
    await run(`INSERT INTO ${schema}.acmedns (name, value) VALUES ('db_version', $1)`, [String(ACME_DNS_VERSION)]);
  } else if (Number(version) > ACME_DNS_VERSION) {
    const message =
      'the PostgreSQL database was written by an acme-dns that this version of evercert does not know; start a newer evercert';
    throw new DomainError('store-too-new', message);
  }
}
