import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { basic, emptyStorage, JSON_TYPE, newApi, VALUE } from './testing/api-under-test.ts';
import { keptPassword } from './user-passwords.ts';

function limited(more: Parameters<typeof newApi>[0] = {}) {
  let time = 1_000_000;
  const clock = { now: () => time };
  const rates = { registrations: { count: 2, interval: 3_600_000 }, failures: { count: 3, interval: 60_000 } };
  return { ...newApi({ clock, rates, ...more }), move: (by: number) => (time += by) };
}

const tooMany = (what: string, seconds: number) => ({
  status: 429,
  headers: { ...JSON_TYPE, 'retry-after': String(seconds), connection: 'close' },
  body: `{"error": "rate_limited", "detail": "too many ${what} from your address; try again in ${seconds} s"}`,
});

describe('registrations', () => {
  test('429 with Retry-After once there were too many from one address; others go on', async () => {
    const { ask, move } = limited();
    for (let times = 0; times < 2; times += 1) assert.equal((await ask('POST', '/register')).status, 201);
    assert.deepEqual(await ask('POST', '/register'), tooMany('registrations', 1800));
    assert.equal((await ask('POST', '/register', { from: '192.0.2.2' })).status, 201);
    move(1_800_000);
    assert.equal((await ask('POST', '/register')).status, 201);
    assert.equal((await ask('POST', '/register')).status, 429);
  });

  test('a /64 of IPv6 is one address', async () => {
    const { ask } = limited();
    const from = (host: string) => ask('POST', '/register', { from: `2001:db8:1:${host}` });
    assert.deepEqual([(await from('2::1')).status, (await from('2::2')).status], [201, 201]);
    assert.equal((await from('2:ffff::3')).status, 429);
    assert.equal((await from('3::1')).status, 201);
  });

  test('what cannot be read takes nothing from it', async () => {
    const { ask } = limited();
    for (let times = 0; times < 9; times += 1)
      assert.equal((await ask('POST', '/register', { body: '{' })).status, 400);
    assert.equal((await ask('POST', '/register')).status, 201);
  });
});

describe('failed authentications', () => {
  const wrong = { 'X-Api-Key': 'a'.repeat(40) };

  test('429 in place of 401 from the fourth on; whoever is right is served all the same', async () => {
    const { ask, own, register, move } = limited();
    const account = await register();
    const body = { subdomain: account.subdomain, txt: VALUE };
    const paths = ['/update', '/clean', '/rotate'];
    for (const path of paths) assert.equal((await own(account, path, body, { headers: wrong })).status, 401);
    for (const path of [...paths, '/change', '/deregister']) {
      assert.deepEqual(await own(account, path, body, { headers: wrong }), tooMany('failed authentications', 20));
    }
    const httpreq = { headers: basic(account.username, 'x'), body: '{}' };
    assert.equal((await ask('POST', '/present', httpreq)).status, 429);
    assert.equal((await own(account, '/update', body)).status, 200);
    assert.equal((await own(account, '/update', body, { headers: wrong, from: '192.0.2.2' })).status, 401);
    move(20_000);
    assert.equal((await own(account, '/update', body, { headers: wrong })).status, 401);
    assert.equal((await own(account, '/update', body, { headers: wrong })).status, 429);
  });

  test('passwords of registration are not looked at any more, right or wrong; without one it is no guess', async () => {
    const users = new Map([['alice', keptPassword('secret')]]);
    const { ask, move } = limited({ registration: { kind: 'restricted', networks: [], tokens: [], users } });
    const register = async (password: string, from = '192.0.2.1') =>
      (await ask('POST', '/register', { headers: basic('alice', password), from })).status;
    for (let times = 0; times < 9; times += 1) assert.equal((await ask('POST', '/register')).status, 401);
    for (const guess of ['a', 'b', 'c']) assert.equal(await register(guess), 401);
    assert.equal(await register('d'), 429);
    assert.equal(await register('secret'), 429);
    assert.equal(await register('secret', '192.0.2.2'), 201);
    move(20_000);
    assert.equal(await register('secret'), 201);
  });

  test('nor are those of the storage', async () => {
    const { ask } = limited({ storage: emptyStorage(false) });
    const list = async (password: string) =>
      (await ask('GET', '/storage', { headers: basic('alice', password) })).status;
    assert.deepEqual([await list('a'), await list('secret'), await list('b'), await list('c')], [401, 200, 401, 401]);
    assert.deepEqual([await list('d'), await list('secret')], [429, 429]);
  });
});

test('guesses that are made at once do not get around the limit', async () => {
  const users = new Map([['alice', keptPassword(hashSync('secret', 4))]]);
  const { ask } = limited({ registration: { kind: 'restricted', networks: [], tokens: [], users } });
  const guess = async (password: string) =>
    (await ask('POST', '/register', { headers: basic('alice', password) })).status;
  const statuses = await Promise.all(Array.from({ length: 10 }, (_, index) => guess(`guess ${index}`)));
  const limitedOnes = statuses.filter((status) => status === 429);
  assert.deepEqual([statuses.filter((status) => status === 401).length, limitedOnes.length], [3, 7]);
});

test('who is right is never limited by it', async () => {
  const users = new Map([['alice', keptPassword('secret')]]);
  const registration = { kind: 'restricted', networks: [], tokens: [], users } as const;
  const { ask } = limited({ registration, rates: { failures: { count: 3, interval: 60_000 } } });
  for (let times = 0; times < 9; times += 1) {
    assert.equal((await ask('POST', '/register', { headers: basic('alice', 'secret') })).status, 201);
  }
});

test('behind a proxy, the client is limited and not the proxy', async () => {
  const { createFindSource } = await import('./source.ts');
  const { ask } = limited({ findSource: createFindSource({ trustedProxies: ['10.0.0.0/8'] }) });
  const register = async (client: string) =>
    (await ask('POST', '/register', { from: '10.0.0.1', headers: { 'x-forwarded-for': client } })).status;
  const one = [await register('203.0.113.1'), await register('203.0.113.1'), await register('203.0.113.1')];
  assert.deepEqual(one, [201, 201, 429]);
  assert.equal(await register('203.0.113.1, 203.0.113.2'), 201);
});
