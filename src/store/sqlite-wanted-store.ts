import type { DatabaseSync } from 'node:sqlite';
import type { WantedCertificate, WantedCertificateStore } from '../issuance/ports.ts';
import { records } from './issuance-records.ts';
import { createRecordTable } from './record-table.ts';

/** The certificates asked for on the command line, in SQLite. */
export function createSqliteWantedStore(database: DatabaseSync): WantedCertificateStore {
  const wanted = createRecordTable<WantedCertificate>(database, 'certificates', records.wanted);
  return {
    listWanted: () => wanted.list(),
    saveWanted: (record) => wanted.save(record.certificate.id, record),
    removeWanted: (id) => wanted.save(id, undefined),
  };
}
