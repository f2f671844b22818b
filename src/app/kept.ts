import type { DatabaseSync } from 'node:sqlite';
import type { AccountStore } from '../acmedns/ports.ts';
import type { AccountKeeper } from '../http/account-storage.ts';
import type { AcmeAccountStore, Delivery } from '../issuance/ports.ts';
import type { PostgresDatabase } from '../store/postgres-database.ts';
import type { Leases } from '../store/postgres-leases.ts';
import type { OpenRecordTable } from '../store/record-table.ts';
import type { NamesOf } from './shared-delivery.ts';

/** What one database keeps: SQLite in the data folder, or PostgreSQL for several nodes. */
export interface Kept {
  readonly zoneStore: AccountStore;
  readonly tables: OpenRecordTable;
  readonly acmeAccounts: AcmeAccountStore;
  /** The accounts that clients keep here. Loaded only by who needs them. */
  openKeptAccounts(): Promise<AccountKeeper>;
  /** Only where several nodes share the database. */
  readonly shared: Shared | undefined;
  /** undefined: PostgreSQL, which has a backup of its own. */
  readonly sqlite: DatabaseSync | undefined;
  readonly postgres: PostgresDatabase | undefined;
  close(): Promise<void>;
}

export interface Shared {
  readonly leases: Leases;
  /** Each node puts in place what any of them was issued. */
  shareCopies(delivery: Delivery, namesOf: NamesOf): Delivery;
}
