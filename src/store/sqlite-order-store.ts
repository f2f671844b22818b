import type { DatabaseSync } from 'node:sqlite';
import type { OrderRecord } from '../issuance/order-record.ts';
import type { Attempts, OrderStore } from '../issuance/ports.ts';
import { records } from './issuance-records.ts';
import { createRecordTable } from './record-table.ts';

/** Orders in flight and failures in a row, in SQLite. `database` comes from openDatabase, and is closed by who opened it. */
export function createSqliteOrderStore(database: DatabaseSync): OrderStore {
  const orders = createRecordTable<OrderRecord>(database, 'orders', records.order);
  const attempts = createRecordTable<Attempts>(database, 'attempts', records.attempts);
  return {
    loadOrder: (id) => orders.load(id),
    saveOrder: (order) => orders.save(order.certificate.id, order),
    deleteOrder: (id) => orders.save(id, undefined),
    loadAttempts: (id) => attempts.load(id),
    saveAttempts: (id, record) => attempts.save(id, record),
  };
}
