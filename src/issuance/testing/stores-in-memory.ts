import type { OrderRecord } from '../order-record.ts';
import type {
  AcmeAccount,
  AcmeAccountStore,
  Attempts,
  OrderStore,
  Renewal,
  RenewalStore,
  WantedCertificate,
  WantedCertificateStore,
} from '../ports.ts';

/** Records as a store has them: copies, taken when they are saved. */
function createRecords<T>() {
  const records = new Map<string, T>();
  return {
    load: async (id: string): Promise<T | undefined> => structuredClone(records.get(id)),
    async save(id: string, record: T | undefined): Promise<void> {
      if (record === undefined) records.delete(id);
      else records.set(id, structuredClone(record));
    },
    list: async (): Promise<T[]> =>
      [...records].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => structuredClone(record)),
  };
}

export function createMemoryOrderStore(): OrderStore {
  const orders = createRecords<OrderRecord>();
  const attempts = createRecords<Attempts>();
  return {
    loadOrder: (id) => orders.load(id),
    saveOrder: (order) => orders.save(order.certificate.id, order),
    deleteOrder: (id) => orders.save(id, undefined),
    loadAttempts: (id) => attempts.load(id),
    saveAttempts: (id, record) => attempts.save(id, record),
  };
}

export function createMemoryRenewalStore(): RenewalStore {
  const renewals = createRecords<Renewal>();
  return { loadRenewal: (id) => renewals.load(id), saveRenewal: (id, record) => renewals.save(id, record) };
}

export function createMemoryWantedStore(): WantedCertificateStore {
  const wanted = createRecords<WantedCertificate>();
  return {
    listWanted: () => wanted.list(),
    saveWanted: (record) => wanted.save(record.certificate.id, record),
    removeWanted: (id) => wanted.save(id, undefined),
  };
}

export function createMemoryAcmeAccountStore(): AcmeAccountStore {
  const accounts = createRecords<AcmeAccount>();
  return { loadAccount: (id) => accounts.load(id), saveAccount: (id, record) => accounts.save(id, record) };
}
