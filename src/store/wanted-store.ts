import type { WantedCertificate, WantedCertificateStore } from '../issuance/ports.ts';
import { records } from './issuance-records.ts';
import type { OpenRecordTable } from './record-table.ts';

/** The certificates asked for on the command line. */
export function createWantedStore(open: OpenRecordTable): WantedCertificateStore {
  const wanted = open<WantedCertificate>('certificates', records.wanted);
  return {
    listWanted: () => wanted.list(),
    saveWanted: (record) => wanted.save(record.certificate.id, record),
    removeWanted: (id) => wanted.save(id, undefined),
  };
}
