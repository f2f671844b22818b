import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import pg from 'pg';
import { storeUnavailable } from './postgres-fault.ts';

function withCode(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

async function connectFault(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
  } catch (error) {
    return storeUnavailable(error).message;
  } finally {
    await client.end().catch(() => {});
  }
  return assert.fail('somebody is there');
}

describe('why PostgreSQL cannot do its work, and what to look at', () => {
  const rows: readonly (readonly [url: string, why: RegExp])[] = [
    ['postgres://a@127.0.0.1:1/b', /: nothing listens at 127\.0\.0\.1:1; see that it runs, and that its URL is right$/],
    ['postgres://a@%2Fnowhere/b', /: there is no socket \/nowhere\/\S+; see that it runs/],
    ['postgres://a@name.invalid/b', /: the name name\.invalid is not found; check its URL$/],
  ];
  for (const [url, why] of rows) {
    test(url, { timeout: 20_000 }, async () => assert.match(await connectFault(url), why));
  }

  test('where a name has several addresses, each reason once', () => {
    const refused = (address: string) => Object.assign(withCode('ECONNREFUSED', 'refused'), { address, port: 5432 });
    const { message } = storeUnavailable(new AggregateError([refused('::1'), refused('127.0.0.1')]));
    assert.match(message, /nothing listens at ::1:5432; .*, nothing listens at 127\.0\.0\.1:5432; /);
  });

  test('what PostgreSQL says itself', () => {
    const missing = storeUnavailable(withCode('3D000', 'database "b" does not exist'));
    assert.equal(
      missing.message,
      'PostgreSQL cannot do its work: database "b" does not exist; check its name, or make it',
    );
    assert.deepEqual(missing.retry, { kind: 'never' });
    const denied = (what: string) => storeUnavailable(withCode('42501', `permission denied for ${what}`)).message;
    assert.match(denied('database b'), /; the user needs the right to create a schema in the database$/);
    assert.match(denied('table txt'), /table txt; the user has to own what is there, or to have all rights on it$/);
    const cut = storeUnavailable(new Error('Client has encountered a connection error and is not queryable'));
    assert.equal(cut.message, 'PostgreSQL cannot do its work: the connection was cut');
    assert.deepEqual(cut.retry, { kind: 'backoff' });
  });
});
