import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AccountKeeper } from './account-storage.ts';
import type { KeptAccount } from './shapes.ts';
import { type AskInit, basic, JSON_TYPE, newApi } from './testing/api-under-test.ts';
import { keptPassword } from './user-passwords.ts';

const ACCOUNT: KeptAccount = {
  fulldomain: 'd420c923.auth.example.net',
  subdomain: 'd420c923',
  username: 'eabcdb41-d89f-4580-826f-3e62e9755ef2',
  password: 'pbAXVjlIOE01xbut7YnAbkhMQIkcwoHO0ek2j4Q0',
  server_url: 'https://auth.example.net',
};

function newKeeper(): AccountKeeper {
  const kept = new Map<string, Map<string, KeptAccount>>();
  const of = (user: string) => {
    const accounts = kept.get(user) ?? new Map<string, KeptAccount>();
    kept.set(user, accounts);
    return accounts;
  };
  return {
    list: async (user) => Object.fromEntries(of(user)),
    fetch: async (user, domain) => of(user).get(domain),
    put: async (user, domain, account) => void of(user).set(domain, account),
    remove: async (user, domain) => of(user).delete(domain),
  };
}

function newStorage() {
  const looked: string[] = [];
  const delegated = new Set<string>();
  const told: unknown[] = [];
  const { ask } = newApi({
    observe: (call) => told.push(call),
    storage: {
      users: new Map([
        ['alice', keptPassword('secret')],
        ['bob', keptPassword('hidden')],
      ]),
      keeper: newKeeper(),
      isDelegated: async (domain, target) => {
        looked.push(`${domain} ${target}`);
        return delegated.has(domain);
      },
    },
  });
  const as =
    (user: string, password: string) =>
    (method: string, path: string, init: AskInit = {}) =>
      ask(method, path, { headers: basic(user, password), ...init });
  return { ask, alice: as('alice', 'secret'), bob: as('bob', 'hidden'), looked, delegated, told };
}

const body = JSON.stringify(ACCOUNT);

describe('the storage', () => {
  test('what is put is fetched and listed, byte for byte as lego reads it', async () => {
    const { alice, looked } = newStorage();
    assert.deepEqual(await alice('GET', '/storage'), { status: 200, headers: JSON_TYPE, body: '{}' });
    const missing = { status: 404, headers: JSON_TYPE, body: '{"error": "not_found"}' };
    assert.deepEqual(await alice('GET', '/storage/example.org'), missing);
    const put = await alice('POST', '/storage/example.org', { body: `${body}\n` });
    assert.deepEqual(put, { status: 200, headers: JSON_TYPE, body });
    assert.deepEqual(looked, ['example.org d420c923.auth.example.net']);
    assert.deepEqual(await alice('GET', '/storage/Example.ORG'), { status: 200, headers: JSON_TYPE, body });
    assert.equal((await alice('GET', '/storage')).body, `{"example.org":${body}}`);
    assert.equal((await alice('GET', '/storage/')).body, `{"example.org":${body}}`, 'a base URL with a slash');
  });

  test('201 when the CNAME is there', async () => {
    const { alice, delegated } = newStorage();
    delegated.add('example.org');
    assert.equal((await alice('POST', '/storage/*.example.org', { body })).status, 201);
    assert.equal((await alice('POST', '/storage/other.example', { body })).status, 200);
    assert.equal((await alice('GET', '/storage/example.org')).status, 200);
  });

  test('each user has its own', async () => {
    const { alice, bob } = newStorage();
    await alice('POST', '/storage/example.org', { body });
    assert.equal((await bob('GET', '/storage/example.org')).status, 404);
    assert.equal((await bob('GET', '/storage')).body, '{}');
    assert.equal((await bob('DELETE', '/storage/example.org')).status, 404);
    assert.equal((await alice('DELETE', '/storage/example.org')).status, 200);
    assert.equal((await alice('GET', '/storage/example.org')).status, 404);
  });

  test('nobody else, and Basic is asked for', async () => {
    const { ask } = newStorage();
    for (const headers of [
      {},
      basic('alice', 'hidden'),
      basic('carol', 'secret'),
      { authorization: 'Bearer secret' },
    ]) {
      for (const [method, path] of [
        ['GET', '/storage'],
        ['GET', '/storage/a.b'],
        ['POST', '/storage/a.b'],
        ['DELETE', '/storage/a.b'],
      ] as const) {
        const reply = await ask(method, path, { headers, ...(method === 'POST' && { body }) });
        assert.deepEqual([reply.status, reply.body], [401, '{"error": "forbidden"}']);
        assert.match(reply.headers['www-authenticate'] ?? '', /^Basic /);
      }
    }
  });

  const bad: [path: string, body: string, code: string][] = [
    ['/storage/a..b', body, 'bad_domain'],
    ['/storage/127.0.0.1', body, 'bad_domain'],
    ['/storage/%2e%2e%2fbob', body, 'bad_domain'],
    ['/storage/%', body, 'bad_domain'],
    ['/storage/__proto__.json', `{"fulldomain":"x y","subdomain":"a","username":"b","password":"c"}`, 'bad_fulldomain'],
    ['/storage/a.b', '', 'malformed_json_payload'],
    ['/storage/a.b', '[]', 'malformed_json_payload'],
    ['/storage/a.b', '{"fulldomain":"a.b"}', 'malformed_json_payload'],
    ['/storage/a.b', `{"fulldomain":"a.b","subdomain":"a","username":"b","password":7}`, 'malformed_json_payload'],
    ['/storage/a.b', `{"fulldomain":"a.b","subdomain":"","username":"b","password":"c"}`, 'malformed_json_payload'],
  ];
  for (const [path, sent, code] of bad) {
    test(`400 ${code}: ${path} ${sent.slice(0, 50)}`, async () => {
      const { alice } = newStorage();
      const reply = await alice('POST', path, { body: sent });
      assert.deepEqual([reply.status, (JSON.parse(reply.body) as { error: string }).error], [400, code]);
      assert.equal((await alice('GET', '/storage')).body, '{}');
    });
  }

  test('other methods, and a path below', async () => {
    const { alice } = newStorage();
    const reply = await alice('PUT', '/storage/a.b');
    assert.deepEqual([reply.status, reply.headers['allow']], [405, 'DELETE, GET, OPTIONS, POST']);
    assert.equal((await alice('HEAD', '/storage/a.b')).status, 405);
    assert.equal((await alice('POST', '/storage')).headers['allow'], 'GET, OPTIONS');
    assert.equal((await alice('GET', '/storage/a.b/c')).status, 404);
  });

  test('it is audited, without the password', async () => {
    const { alice, told } = newStorage();
    await alice('POST', '/storage/example.org', { body });
    const [call] = told as { duration: number }[];
    const { duration, ...rest } = call ?? { duration: -1 };
    assert.ok(duration >= 0);
    const expected = { operation: 'storage-put', status: 200, result: 'success', from: '192.0.2.1' };
    assert.deepEqual(rest, { ...expected, username: 'alice', domain: 'example.org' });
  });

  test('it is not there unless configured', async () => {
    for (const path of ['/storage', '/storage/example.org']) {
      const reply = await newApi().ask('GET', path, { headers: basic('alice', 'secret') });
      assert.deepEqual([reply.status, reply.body], [404, '404 page not found\n']);
    }
  });
});
