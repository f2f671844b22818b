import { createRenewalStore } from '../../src/store/renewal-store.ts';
import { sqliteRecordTables } from '../../src/store/sqlite-record-table.ts';
import { createWantedStore } from '../../src/store/wanted-store.ts';
import { createMemoryRenewalStore, createMemoryWantedStore } from '../../src/issuance/testing/stores-in-memory.ts';
import { testRenewalStore } from './renewal-store.ts';
import { sqliteUnderTest } from './sqlite-under-test.ts';
import { testWantedStore } from './wanted-store.ts';

testRenewalStore('in memory', () => {
  const store = createMemoryRenewalStore();
  return { store, reopen: () => store };
});
testRenewalStore(
  'SQLite file',
  sqliteUnderTest((database) => createRenewalStore(sqliteRecordTables(database))),
);

testWantedStore('in memory', () => {
  const store = createMemoryWantedStore();
  return { store, reopen: () => store };
});
testWantedStore(
  'SQLite file',
  sqliteUnderTest((database) => createWantedStore(sqliteRecordTables(database))),
);
