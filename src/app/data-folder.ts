import { existsSync, mkdirSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import type { AccountStore } from '../acmedns/ports.ts';
import type { LoadedConfig } from '../config/config.ts';
import { DomainError } from '../core/error.ts';
import { ensurePrivateFolder } from '../files/private-file.ts';
import type { AcmeAccountStore, OrderStore, RenewalStore, WantedCertificateStore } from '../issuance/ports.ts';
import { createAcmeAccountFiles } from '../standalone/acme-account-files.ts';
import { openDatabase } from '../store/database.ts';
import { createOrderStore } from '../store/order-store.ts';
import { tryProcessLock } from '../store/process-lock.ts';
import type { ProcessLock } from '../store/process-lock.ts';
import { createRenewalStore } from '../store/renewal-store.ts';
import { sqliteRecordTables } from '../store/sqlite-record-table.ts';
import { createWantedStore } from '../store/wanted-store.ts';
import { openZoneStore } from './zone-store.ts';

/**
 * All that evercert keeps, in one private folder:
 *
 *     evercert.db              challenge zone, orders in flight, what is wanted and when it is renewed
 *     accounts/                ACME account keys, a file each
 *     certificates/<id>/       the files of each certificate
 *     locks/                   which process works on what
 */
export interface DataFolder {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly zoneStore: AccountStore;
  readonly orders: OrderStore;
  readonly renewals: RenewalStore;
  readonly wanted: WantedCertificateStore;
  readonly acmeAccounts: AcmeAccountStore;
  certificateFolder(id: string): string;
  /** undefined when another process has it. */
  tryLock(name: string): ProcessLock | undefined;
  close(): Promise<void>;
}

const DATABASE = 'evercert.db';

/** Whether anything was ever kept there. A command that only looks makes nothing. */
export function hasDataFolder(path: string): boolean {
  return existsSync(join(path, DATABASE));
}

/** The account keys, for who needs no more: nothing is made before one is stored. */
export function acmeAccountsIn(path: string): AcmeAccountStore {
  return createAcmeAccountFiles(join(path, 'accounts'));
}

/**
 * `loaded`: names of the challenge zone may be in another database, which the configuration names.
 * @throws DomainError `file-not-writable`, `store-unavailable`, `store-too-new`
 */
export async function openDataFolder(path: string, loaded?: LoadedConfig): Promise<DataFolder> {
  const locks = join(path, 'locks');
  await ensurePrivateFolder(path);
  await ensurePrivateFolder(locks);
  const database = openDatabase(join(path, DATABASE));
  const zone = await openZoneStore(loaded, database).catch((error: unknown) => {
    database.close();
    throw error;
  });
  const tables = sqliteRecordTables(database);
  return {
    path,
    database,
    zoneStore: zone.store,
    orders: createOrderStore(tables),
    renewals: createRenewalStore(tables),
    wanted: createWantedStore(tables),
    acmeAccounts: acmeAccountsIn(path),
    certificateFolder: (id) => join(path, 'certificates', id),
    tryLock: (name) => {
      mkdirSync(locks, { recursive: true, mode: 0o700 });
      return tryProcessLock(join(locks, `${name}.lock`));
    },
    async close() {
      await zone.close();
      database.close();
    },
  };
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
