import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { createOrderStore } from '../../src/store/order-store.ts';
import { sqliteRecordTables } from '../../src/store/sqlite-record-table.ts';
import { createMemoryOrderStore } from '../../src/issuance/testing/stores-in-memory.ts';
import { orderRecord, testOrderStore } from './order-store.ts';
import { openDatabases, sqliteUnderTest } from './sqlite-under-test.ts';

testOrderStore('in memory', () => {
  const store = createMemoryOrderStore();
  return { store, reopen: () => store };
});

testOrderStore(
  'SQLite file',
  sqliteUnderTest((database) => createOrderStore(sqliteRecordTables(database))),
);

test('SQLite: a record that cannot be read is named, and keeps no other from being read', async (t) => {
  const database = openDatabases(t)();
  const store = createOrderStore(sqliteRecordTables(database));
  await store.saveOrder(orderRecord({ step: 'created' }, 'good.example.org'));
  const insert = database.prepare('INSERT OR REPLACE INTO orders VALUES (?, ?)');
  for (const record of [
    '',
    'null',
    '{}',
    '[',
    JSON.stringify({ ...orderRecord({ step: 'created' }), state: { step: 'dreaming' } }),
  ]) {
    insert.run('bad.example.org', record);
    await assert.rejects(store.loadOrder('bad.example.org'), {
      code: 'store-damaged',
      message: /bad\.example\.org.*orders/,
    });
  }
  assert.equal((await store.loadOrder('good.example.org'))?.state.step, 'created');
});

test('SQLite: the file that holds private keys is for its owner alone', async (t) => {
  const database = openDatabases(t)();
  const store = createOrderStore(sqliteRecordTables(database));
  await store.saveOrder(orderRecord({ step: 'created' }));
  const file = String(database.location());
  for (const path of [file, `${file}-wal`]) assert.equal(statSync(path).mode & 0o777, 0o600, path);
});

test('SQLite: a database that fails says so, and that it may pass', async (t) => {
  const database = openDatabases(t)();
  const store = createOrderStore(sqliteRecordTables(database));
  database.exec('DROP TABLE orders');
  for (const doing of [() => store.loadOrder('a'), () => store.saveOrder(orderRecord({ step: 'created' }))]) {
    await assert.rejects(doing, { code: 'store-unavailable', retry: { kind: 'backoff' } });
  }
});
