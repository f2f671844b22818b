import { join } from 'node:path';
import type { LoadedConfig } from '../config/config.ts';
import { DomainError } from '../core/error.ts';
import type { AcmeAccountStore } from '../issuance/ports.ts';
import { createAcmeAccountFiles } from '../standalone/acme-account-files.ts';
import { openDatabase } from '../store/database.ts';
import type { Imported, ImportedName } from '../store/import-names.ts';
import type { StoredRecord } from '../store/sqlite-contents.ts';
import { loadSource } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { hasDataFolder, openDataFolder } from './data-folder.ts';
import { SQLITE_FILE } from './kept-in-sqlite.ts';
import { withCleanup } from './with-cleanup.ts';

/** What came of it, or would come of it. */
export interface DataFolderReport extends Imported {
  /** Accounts and labels that were found there. */
  readonly found: number;
  /** Orders in flight, failures, certificates that are wanted, instants of renewals: those that are new here. */
  readonly records: number;
  /** ACME accounts that are new here. */
  readonly acmeAccounts: number;
}

export interface DataFolderFrom {
  /** The data folder; undefined: that of the configuration. */
  readonly from: string | undefined;
  readonly dryRun: boolean;
}

/**
 * `evercert import data-folder`: what one node has kept in SQLite, into the PostgreSQL database of several. What is there already stays, so it
 * can be run again, also after it was interrupted. The data folder is only read, and its certificates stay where they are.
 * @throws DomainError `invalid-config`, `invalid-source`, `store-unavailable`
 */
export async function importDataFolder(source: ConfigSource, asked: DataFolderFrom): Promise<DataFolderReport> {
  const loaded = await loadSource(source);
  const from = asked.from ?? loaded.config.data;
  const { names, records } = await readDataFolder(from);
  return await withCleanup(async (later) => {
    const folder = await openDataFolder(loaded.config.data, loaded);
    later(() => folder.close());
    const { postgres } = folder;
    if (postgres === undefined) {
      const message = 'the configuration has no [database]; name the PostgreSQL database that is to have it all as url';
      throw new DomainError('invalid-config', message);
    }
    const { importIntoPostgres } = await import('../store/import-into.ts');
    const imported = await importIntoPostgres(postgres, { names, dryRun: asked.dryRun });
    if (asked.dryRun) return { ...imported, found: names.length, records: records.length, acmeAccounts: 0 };
    const { importRecords } = await import('../store/import-records.ts');
    const files = createAcmeAccountFiles(join(from, 'accounts'));
    return {
      ...imported,
      found: names.length,
      acmeAccounts: await importAcmeAccounts(files, folder.acmeAccounts, directoriesOf(loaded, records)),
      records: await importRecords(postgres, records),
    };
  });
}

async function readDataFolder(path: string): Promise<{ names: ImportedName[]; records: StoredRecord[] }> {
  if (!hasDataFolder(path)) {
    const message = `${path} is no data folder of evercert: it has no ${SQLITE_FILE}; name one by --from`;
    throw new DomainError('invalid-source', message);
  }
  const { readSqliteNames, readSqliteRecords } = await import('../store/sqlite-contents.ts');
  const database = openDatabase(join(path, SQLITE_FILE));
  try {
    return { names: readSqliteNames(database), records: readSqliteRecords(database) };
  } finally {
    database.close();
  }
}

/** The CAs that there may be an account at: their names are not in the files' names. */
function directoriesOf({ config }: LoadedConfig, records: readonly StoredRecord[]): Set<string> {
  const inRecords = records.flatMap(
    ({ record }) => record.match(/"ca":"(?<url>https?:[^"\\]+)"/)?.groups?.['url'] ?? [],
  );
  return new Set([config.acme.directory, ...inRecords]);
}

async function importAcmeAccounts(
  from: AcmeAccountStore,
  to: AcmeAccountStore,
  directories: ReadonlySet<string>,
): Promise<number> {
  let added = 0;
  for (const ca of directories) {
    const account = await from.loadAccount(ca);
    if (account === undefined || (await to.loadAccount(ca)) !== undefined) continue;
    await to.saveAccount(ca, account);
    added += 1;
  }
  return added;
}
