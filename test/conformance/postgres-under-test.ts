import { after, before, test, type TestContext } from 'node:test';
import { openPostgres, type PostgresDatabase } from '../../src/store/postgres-database.ts';
import { migratePostgres } from '../../src/store/postgres-migrations.ts';
import { type PostgresPeer, startPostgres } from '../peers/postgres.ts';
import { peers } from '../peers/require-peer.ts';

let server: PostgresPeer | undefined;

/** Makes tests that have one PostgreSQL for the test file; without the program they are skipped. */
export function withPostgres(makeTests: () => void): void {
  const skip = peers('postgres');
  if (skip !== false) {
    test('PostgreSQL', { skip }, () => {});
    return;
  }
  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.remove());
  makeTests();
}

/** Opens the same new database anew at each call, as several nodes do; all are closed after the test. */
export async function newPostgresDatabase(t: TestContext): Promise<() => Promise<PostgresDatabase>> {
  if (server === undefined) throw new Error('PostgreSQL was not started: call withPostgres in this file');
  const url = await server.createDatabase();
  return async () => {
    const database = await openPostgres(url);
    t.after(() => database.close());
    await migratePostgres(database);
    return database;
  };
}

/** A database of its own for one test. */
export function postgresUnderTest<Store>(create: (database: PostgresDatabase) => Store) {
  return async (t: TestContext) => {
    const open = await newPostgresDatabase(t);
    return { store: create(await open()), reopen: async () => create(await open()) };
  };
}
