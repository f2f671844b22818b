import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseUsername } from '../acmedns/username.ts';
import { acmeDnsDatabase } from '../config/acme-dns-database.ts';
import type { AcmeDnsDatabase } from '../config/acme-dns-database.ts';
import type { LoadedConfig } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { reason } from '../config/read-files.ts';
import { isSqliteFile } from '../config/sqlite-file.ts';
import { parseDomainName } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { UNREADABLE } from '../store/acme-dns-rows.ts';
import { openDatabase } from '../store/database.ts';
import type { Imported, ImportedName, Skipped } from '../store/import-names.ts';
import { loadSource } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { hasStore, openDataFolder } from './data-folder.ts';
import { withCleanup } from './with-cleanup.ts';

/** What came of an import, or would come of it. */
export interface ImportReport extends Imported {
  /** Accounts and labels that were found there. */
  readonly found: number;
  /** Labels of accounts whose allow list cannot be read, so that nobody is let in: as with acme-dns. */
  readonly closed: readonly string[];
  /** The zone of acme-dns, when its configuration says another one than ours: nobody's CNAME leads here. */
  readonly otherZone: DomainName | undefined;
}

interface Found {
  readonly names: readonly ImportedName[];
  /** As the configuration of acme-dns says; its database does not know it. */
  readonly zone?: DomainName | undefined;
}

export interface ImportFrom {
  /** A SQLite file of acme-dns, its config.cfg, or the URL of its PostgreSQL database. */
  readonly from: string;
  readonly dryRun: boolean;
}

/**
 * `evercert import acme-dns`: its accounts, with their keys, labels and values, into the database of this configuration. What is here already
 * stays, so it can be run again; in SQLite it is all of it or nothing, in PostgreSQL an import that was interrupted is finished by the next. The
 * database of acme-dns is only read.
 * @throws DomainError `invalid-source`, `invalid-config`, `store-unavailable`
 */
export async function importAcmeDns(source: ConfigSource, { from, dryRun }: ImportFrom): Promise<ImportReport> {
  const loaded = await loadSource(source);
  const zone = targetZone(loaded);
  const { names, zone: zoneThere = zone } = await readSource(from);
  const { usable, skipped } = sortOut(names, zone);
  const imported = await write(loaded, usable, dryRun);
  return {
    ...imported,
    skipped: [...skipped, ...imported.skipped],
    found: names.length,
    closed: usable.flatMap(({ owner, subdomain }) =>
      'username' in owner && owner.allowFrom.includes(UNREADABLE) ? [subdomain] : [],
    ),
    otherZone: zoneThere === zone ? undefined : zoneThere,
  };
}

function targetZone({ config }: LoadedConfig): DomainName {
  if (config.acmeDnsDatabase !== undefined) {
    const message =
      'this is a configuration of acme-dns, whose database is used where it is, without an import; to import, give one of evercert';
    throw new DomainError('invalid-config', message);
  }
  if (config.zone === undefined) {
    const message =
      'accounts belong to a challenge zone, and the configuration has no [zone]; name its file by --config';
    throw new DomainError('invalid-config', message);
  }
  return config.zone.name;
}

async function readSource(from: string): Promise<Found> {
  if (/^postgres(ql)?:\/\//.test(from)) return { names: await readDatabase(acmeDnsDatabase('postgres', from, [])) };
  if (isSqlite(from)) return { names: await readDatabase({ engine: 'sqlite', file: from }) };
  const { config, secrets } = await loadConfig({ file: from, environment: {} });
  const zone = config.zone?.name;
  if (config.acmeDnsDatabase?.engine === 'sqlite') return { names: await readDatabase(config.acmeDnsDatabase), zone };
  const url = secrets.databaseUrl?.reveal();
  if (config.acmeDnsDatabase !== undefined && url !== undefined)
    return { names: await readDatabase({ engine: 'postgres', url }), zone };
  const message = `${from} is neither a database of acme-dns nor its configuration; name one of them`;
  throw new DomainError('invalid-source', message);
}

async function readDatabase(database: AcmeDnsDatabase): Promise<ImportedName[]> {
  const { readAcmeDnsFile, readAcmeDnsPostgres } = await import('../store/acme-dns-source.ts');
  if (database.engine === 'postgres') return await readAcmeDnsPostgres(database.url);
  const folder = await mkdtemp(join(tmpdir(), 'evercert-import-'));
  try {
    return await readAcmeDnsFile(database.file, join(folder, 'acme-dns.db'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isSqlite(path: string): boolean {
  try {
    return isSqliteFile(path);
  } catch (error) {
    throw new DomainError('invalid-source', `${path} cannot be read: ${reason(error)}`, { cause: error });
  }
}

/** What makes no name in the zone, or no user, cannot be used by anybody. */
function sortOut(found: readonly ImportedName[], zone: DomainName): { usable: ImportedName[]; skipped: Skipped[] } {
  const usable: ImportedName[] = [];
  const skipped: Skipped[] = [];
  // acme-dns looks for labels in lower case alone: of two that differ in case, that one is served.
  const exact = new Map(found.toReversed().map(({ subdomain }) => [subdomain.toLowerCase(), subdomain]));
  for (const { subdomain } of found) if (subdomain === subdomain.toLowerCase()) exact.set(subdomain, subdomain);
  for (const name of found) {
    const why = unusable(name, zone, exact.get(name.subdomain.toLowerCase()));
    const username = 'username' in name.owner ? name.owner.username : undefined;
    if (why !== undefined) skipped.push({ subdomain: name.subdomain, username, why });
    else usable.push(name);
  }
  return { usable, skipped };
}

function unusable({ subdomain, owner }: ImportedName, zone: DomainName, served = subdomain): string | undefined {
  if (served !== subdomain) return `${served} is the same name in DNS, where letter case does not count`;
  if ('username' in owner && parseUsername(owner.username) !== owner.username)
    return `its user ${JSON.stringify(owner.username)} is none that anybody can log in as`;
  try {
    parseDomainName(`${subdomain}.${zone}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.message;
  }
}

async function write(loaded: LoadedConfig, names: readonly ImportedName[], dryRun: boolean): Promise<Imported> {
  const { importIntoPostgres, importIntoSqlite } = await import('../store/import-into.ts');
  // A look makes no folder.
  if (dryRun && !hasStore(loaded.config)) {
    const database = openDatabase(':memory:');
    try {
      return importIntoSqlite(database, { names, dryRun });
    } finally {
      database.close();
    }
  }
  return await withCleanup(async (later) => {
    const folder = await openDataFolder(loaded.config.data, loaded);
    later(() => folder.close());
    if (folder.postgres !== undefined) return await importIntoPostgres(folder.postgres, { names, dryRun });
    if (folder.database === undefined) throw new Error('the data folder has no database');
    return importIntoSqlite(folder.database, { names, dryRun });
  });
}
