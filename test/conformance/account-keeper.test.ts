import { join } from 'node:path';
import { createAccountKeeper } from '../../src/app/account-keeper.ts';
import { createPostgresKeptAccounts } from '../../src/store/postgres-kept-accounts.ts';
import { tempFolder } from '../peers/temp-folder.ts';
import { accountKeeperSuite } from './account-keeper.ts';
import { postgresUnderTest, withPostgres } from './postgres-under-test.ts';

accountKeeperSuite('accounts kept in files', async (t) => {
  const { path, remove } = tempFolder('keeper');
  t.after(() => remove());
  const place = join(path, 'client-accounts');
  return { keeper: createAccountKeeper(place), open: async () => createAccountKeeper(place) };
});

withPostgres(() => {
  const create = postgresUnderTest(createPostgresKeptAccounts);
  accountKeeperSuite('accounts kept in PostgreSQL', async (t) => {
    const { store, reopen } = await create(t);
    return { keeper: store, open: reopen };
  });
});
