import { createSqliteAccountStore } from '../../src/store/sqlite-account-store.ts';
import { createMemoryAccountStore, MemoryDatabase } from './account-store-in-memory.ts';
import { testSharedAccountStore } from './shared-account-store.ts';
import { openDatabases } from './sqlite-under-test.ts';

testSharedAccountStore(
  'in memory',
  async () => {
    const world = new MemoryDatabase();
    return async () => createMemoryAccountStore(world);
  },
  { hasNodes: false },
);

testSharedAccountStore(
  'SQLite file',
  async (t) => {
    const open = openDatabases(t);
    return async () => createSqliteAccountStore(open());
  },
  { hasNodes: false },
);
