import type { OrderRecord } from '../issuance/order-record.ts';
import type { Attempts, OrderStore } from '../issuance/ports.ts';
import { records } from './issuance-records.ts';
import type { OpenRecordTable } from './record-table.ts';

/** Orders in flight and failures in a row. */
export function createOrderStore(open: OpenRecordTable): OrderStore {
  const orders = open<OrderRecord>('orders', records.order);
  const attempts = open<Attempts>('attempts', records.attempts);
  return {
    loadOrder: (id) => orders.load(id),
    saveOrder: (order) => orders.save(order.certificate.id, order),
    deleteOrder: (id) => orders.save(id, undefined),
    loadAttempts: (id) => attempts.load(id),
    saveAttempts: (id, record) => attempts.save(id, record),
  };
}
