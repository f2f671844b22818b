import { createSqliteRenewalStore } from '../../src/store/sqlite-renewal-store.ts';
import { createSqliteWantedStore } from '../../src/store/sqlite-wanted-store.ts';
import { createMemoryRenewalStore, createMemoryWantedStore } from '../../src/issuance/testing/stores-in-memory.ts';
import { testRenewalStore } from './renewal-store.ts';
import { sqliteUnderTest } from './sqlite-under-test.ts';
import { testWantedStore } from './wanted-store.ts';

testRenewalStore('in memory', () => {
  const store = createMemoryRenewalStore();
  return { store, reopen: () => store };
});
testRenewalStore('SQLite file', sqliteUnderTest(createSqliteRenewalStore));

testWantedStore('in memory', () => {
  const store = createMemoryWantedStore();
  return { store, reopen: () => store };
});
testWantedStore('SQLite file', sqliteUnderTest(createSqliteWantedStore));
