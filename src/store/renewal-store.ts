import type { Renewal, RenewalStore } from '../issuance/ports.ts';
import { records } from './issuance-records.ts';
import type { OpenRecordTable } from './record-table.ts';

/** The instants chosen for renewals. */
export function createRenewalStore(open: OpenRecordTable): RenewalStore {
  const renewals = open<Renewal>('renewals', records.renewal);
  return {
    loadRenewal: (id) => renewals.load(id),
    saveRenewal: (id, renewal) => renewals.save(id, renewal),
  };
}
