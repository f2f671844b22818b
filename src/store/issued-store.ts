import type { IssuedCertificate } from '../issuance/ports.ts';
import { records } from './issuance-records.ts';
import type { OpenRecordTable } from './record-table.ts';

/** The latest certificate of each id with its key, for other nodes to put in place. */
export interface IssuedStore {
  loadIssued(certificateId: string): Promise<IssuedCertificate | undefined>;
  /** Durable when it resolves. */
  saveIssued(issued: IssuedCertificate): Promise<void>;
}

export function createIssuedStore(open: OpenRecordTable): IssuedStore {
  const issued = open<IssuedCertificate>('issued', records.issued);
  return {
    loadIssued: (id) => issued.load(id),
    saveIssued: (record) => issued.save(record.certificate.id, record),
  };
}
