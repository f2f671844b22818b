import { createPostgresAccountStore } from '../../src/store/postgres-account-store.ts';
import { testAccountStore } from './account-txt-store.ts';
import { postgresUnderTest, withPostgres } from './postgres-under-test.ts';

withPostgres(() => testAccountStore('PostgreSQL', postgresUnderTest(createPostgresAccountStore)));
