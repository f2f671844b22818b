import { createOrderStore } from '../../src/store/order-store.ts';
import { postgresRecordTables } from '../../src/store/postgres-record-table.ts';
import { createRenewalStore } from '../../src/store/renewal-store.ts';
import { createWantedStore } from '../../src/store/wanted-store.ts';
import { testOrderStore } from './order-store.ts';
import { postgresUnderTest, withPostgres } from './postgres-under-test.ts';
import { testRenewalStore } from './renewal-store.ts';
import { testWantedStore } from './wanted-store.ts';

withPostgres(() => {
  testOrderStore(
    'PostgreSQL',
    postgresUnderTest((database) => createOrderStore(postgresRecordTables(database))),
  );
  testRenewalStore(
    'PostgreSQL',
    postgresUnderTest((database) => createRenewalStore(postgresRecordTables(database))),
  );
  testWantedStore(
    'PostgreSQL',
    postgresUnderTest((database) => createWantedStore(postgresRecordTables(database))),
  );
});
