import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { AccountStore } from '../acmedns/ports.ts';
import type { Config, LoadedConfig } from '../config/config.ts';
import { DomainError } from '../core/error.ts';
import type { AccountKeeper } from '../http/account-storage.ts';
import { ensurePrivateFolder } from '../files/private-file.ts';
import type {
  AcmeAccountStore,
  Delivery,
  OrderStore,
  RenewalStore,
  WantedCertificateStore,
} from '../issuance/ports.ts';
import type { PostgresDatabase } from '../store/postgres-database.ts';
import { createOrderStore } from '../store/order-store.ts';
import { tryProcessLock } from '../store/process-lock.ts';
import type { ProcessLock } from '../store/process-lock.ts';
import { createRenewalStore } from '../store/renewal-store.ts';
import { createWantedStore } from '../store/wanted-store.ts';
import { openKeptInSqlite, SQLITE_FILE } from './kept-in-sqlite.ts';
import type { Kept } from './kept.ts';
import type { NamesOf } from './shared-delivery.ts';
import { takeWorkLock } from './work-lock.ts';
import type { WorkLock } from './work-lock.ts';
import { checkZoneStore, openZoneStore } from './zone-store.ts';

/**
 * All that evercert keeps, in one private folder:
 *
 *     evercert.db              challenge zone, orders in flight, what is wanted and when it is renewed
 *     accounts/                ACME account keys, a file each
 *     certificates/<id>/       the files of each certificate
 *     client-accounts/         accounts that clients keep here, a file for each user
 *     locks/                   which process works on what
 *     node                     what tells this node from others
 *
 * Where a PostgreSQL database is configured, the first two and the accounts of clients are there, for all nodes.
 */
export interface DataFolder {
  readonly path: string;
  /** undefined where all is in PostgreSQL. */
  readonly database: DatabaseSync | undefined;
  readonly postgres: PostgresDatabase | undefined;
  readonly zoneStore: AccountStore;
  readonly orders: OrderStore;
  readonly renewals: RenewalStore;
  readonly wanted: WantedCertificateStore;
  readonly acmeAccounts: AcmeAccountStore;
  /** The accounts that clients keep here, by lego's HTTP storage. */
  openKeptAccounts(): Promise<AccountKeeper>;
  certificateFolder(id: string): string;
  /** Where several nodes share a database, each puts in place what any of them was issued. */
  shareCopies(delivery: Delivery, namesOf: NamesOf): Delivery;
  /** A lock between the processes on this folder. undefined when another one has it. */
  tryLock(name: string): ProcessLock | undefined;
  /** A lock between all processes on the same database. undefined when another one has it. */
  tryWorkLock(name: string): Promise<WorkLock | undefined>;
  close(): Promise<void>;
}

/** Whether anything was ever kept there. A command that only looks makes nothing. */
export function hasDataFolder(path: string): boolean {
  return existsSync(join(path, SQLITE_FILE));
}

/** Whether anything may have been kept, there or in a database of all nodes. */
export function hasStore({ data, database }: Pick<Config, 'data' | 'database'>): boolean {
  return database !== undefined || hasDataFolder(data);
}

/**
 * `loaded`: it may name another database.
 * @throws DomainError `file-not-writable`, `store-unavailable`, `store-too-new`
 */
export async function openDataFolder(path: string, loaded?: LoadedConfig): Promise<DataFolder> {
  const locks = join(path, 'locks');
  await ensurePrivateFolder(path);
  await ensurePrivateFolder(locks);
  const kept = await openKept(path, loaded);
  const { tables, shared } = kept;
  const zone = await openZoneStore(loaded, kept).catch(async (error: unknown) => {
    await kept.close();
    throw error;
  });
  const tryLock = (name: string) => {
    mkdirSync(locks, { recursive: true, mode: 0o700 });
    return tryProcessLock(join(locks, `${name}.lock`));
  };
  return {
    path,
    database: kept.sqlite,
    postgres: kept.postgres,
    zoneStore: zone.store,
    orders: createOrderStore(tables),
    renewals: createRenewalStore(tables),
    wanted: createWantedStore(tables),
    acmeAccounts: kept.acmeAccounts,
    openKeptAccounts: () => kept.openKeptAccounts(),
    certificateFolder: (id) => join(path, 'certificates', id),
    shareCopies: shared?.shareCopies ?? ((delivery) => delivery),
    tryLock,
    tryWorkLock: (name) => takeWorkLock(name, tryLock, shared?.leases),
    async close() {
      await zone.close();
      await kept.close();
    },
  };
}

async function openKept(path: string, loaded: LoadedConfig | undefined): Promise<Kept> {
  const url = loaded?.secrets.databaseUrl;
  if (url === undefined) return openKeptInSqlite(path);
  const { openKeptInPostgres } = await import('./kept-in-postgres.ts');
  return await openKeptInPostgres(url.reveal(), path, (database) => checkZoneStore(loaded, database));
}

/** The lock of the one process that serves from this folder. */
export const SERVE_LOCK = 'serve';

/** @throws DomainError `lock-held` */
export function lockOrThrow(folder: DataFolder, name: string, what: string): ProcessLock {
  const lock = folder.tryLock(name);
  if (lock !== undefined) return lock;
  throw new DomainError(
    'lock-held',
    `another evercert ${what} with the data folder ${folder.path}; wait for it or stop it`,
  );
}
