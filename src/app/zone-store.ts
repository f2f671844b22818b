import type { AccountStore } from '../acmedns/ports.ts';
import type { LoadedConfig } from '../config/config.ts';
import type { PostgresDatabase } from '../store/postgres-database.ts';
import type { Kept } from './kept.ts';

/** Where the names of the challenge zone are kept. */
export interface ZoneStore {
  readonly store: AccountStore;
  close(): Promise<void>;
}

/**
 * That of acme-dns where the configuration names one, else the one that all is kept in, which is closed by who opened it.
 * @throws DomainError `store-unavailable`, `store-too-new`
 */
export async function openZoneStore(loaded: LoadedConfig | undefined, kept: Kept): Promise<ZoneStore> {
  const acmeDns = loaded?.config.acmeDnsDatabase;
  const close = async () => {};
  if (acmeDns === undefined) return { store: kept.zoneStore, close };
  if (acmeDns.engine === 'sqlite') return await openAcmeDnsFile(acmeDns.file);
  if (kept.postgres === undefined)
    throw new Error('a database of acme-dns in PostgreSQL is the one that all is kept in');
  return { store: await openAcmeDnsTables(kept.postgres), close };
}

/** Before there is anything of ours in the database. @throws DomainError `invalid-config` */
export async function checkZoneStore(loaded: LoadedConfig | undefined, database: PostgresDatabase): Promise<void> {
  if (loaded?.config.acmeDnsDatabase?.engine !== 'postgres') return;
  const { checkAcmeDnsUser } = await import('../store/acme-dns-postgres.ts');
  await checkAcmeDnsUser(database);
}

async function openAcmeDnsTables(database: PostgresDatabase): Promise<AccountStore> {
  const [{ prepareAcmeDnsTables }, { createAcmeDnsPostgresStore }] = await Promise.all([
    import('../store/acme-dns-postgres.ts'),
    import('../store/acme-dns-postgres-store.ts'),
  ]);
  return createAcmeDnsPostgresStore(database, await prepareAcmeDnsTables(database));
}

async function openAcmeDnsFile(file: string): Promise<ZoneStore> {
  const [{ openAcmeDnsSqlite }, { createAcmeDnsSqliteStore }] = await Promise.all([
    import('../store/acme-dns-sqlite.ts'),
    import('../store/acme-dns-sqlite-store.ts'),
  ]);
  const database = openAcmeDnsSqlite(file);
  return { store: createAcmeDnsSqliteStore(database), close: async () => database.close() };
}
