import { createPostgresAccountStore } from '../../src/store/postgres-account-store.ts';
import { testAccountStore } from './account-txt-store.ts';
import { newPostgresDatabase, postgresUnderTest, withPostgres } from './postgres-under-test.ts';
import { testSharedAccountStore } from './shared-account-store.ts';

withPostgres(() => {
  testAccountStore('PostgreSQL', postgresUnderTest(createPostgresAccountStore));
  testSharedAccountStore(
    'PostgreSQL',
    async (t) => {
      const open = await newPostgresDatabase(t);
      return async () => createPostgresAccountStore(await open());
    },
    { hasNodes: true },
  );
});
