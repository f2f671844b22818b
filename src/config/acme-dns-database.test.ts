import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acmeDnsDatabase } from './acme-dns-database.ts';

describe('a PostgreSQL connection as lib/pq reads it', () => {
  const compat = 'uselibpqcompat=true';
  const rows: [connection: string, url: string][] = [
    ['postgres://u:p@db/x', `postgres://u:p@db/x?sslmode=require&${compat}`],
    ['postgresql://u:p@db:5433/x?sslmode=disable', `postgresql://u:p@db:5433/x?sslmode=disable&${compat}`],
    ['postgres://u:p%40s@db/x?sslmode=verify-full', `postgres://u:p%40s@db/x?sslmode=verify-full&${compat}`],
    [
      'postgres://u:p@/x?host=/run/postgresql',
      `postgres://u:p@localhost/x?host=%2Frun%2Fpostgresql&sslmode=disable&${compat}`,
    ],
    ['user=u password=p dbname=x', `postgres://u:p@localhost/x?sslmode=require&${compat}`],
    [
      "user = 'u ser' password='it\\'s \\\\' host=db port=5433 dbname=x sslmode=disable",
      `postgres://u%20ser:it's%20%5C@db:5433/x?sslmode=disable&${compat}`,
    ],
    [
      'host=/run/postgresql dbname=x user=u',
      `postgres://u@localhost/x?host=%2Frun%2Fpostgresql&sslmode=disable&${compat}`,
    ],
    ['host=::1 dbname=x', `postgres://[::1]/x?sslmode=require&${compat}`],
  ];
  for (const [connection, url] of rows) {
    test(connection, () => assert.deepEqual(acmeDnsDatabase('postgres', connection, []), { engine: 'postgres', url }));
  }
});
