import type { DatabaseSync } from 'node:sqlite';
import type { Renewal, RenewalStore } from '../issuance/ports.ts';
import { records } from './issuance-records.ts';
import { createRecordTable } from './record-table.ts';

/** The instants chosen for renewals, in SQLite. */
export function createSqliteRenewalStore(database: DatabaseSync): RenewalStore {
  const renewals = createRecordTable<Renewal>(database, 'renewals', records.renewal);
  return {
    loadRenewal: (id) => renewals.load(id),
    saveRenewal: (id, renewal) => renewals.save(id, renewal),
  };
}
