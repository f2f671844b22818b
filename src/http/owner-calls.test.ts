import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Registration } from '../acmedns/challenge-zone.ts';
import { DomainError } from '../core/error.ts';
import { JSON_TYPE, newApi, VALUE } from './testing/api-under-test.ts';

const OTHER = 'c36f50e8-4632-44f0-83fe-e070fef28a10';
const FORBIDDEN = { status: 401, headers: JSON_TYPE, body: '{"error": "forbidden"}' };
const CALLS = ['/clean', '/change', '/rotate', '/deregister'] as const;

describe('who may', () => {
  for (const path of CALLS) {
    test(`${path}: the owner alone, checked as for /update`, async () => {
      const { own, register, served } = newApi();
      const account = await register('{"allowfrom":["192.0.2.0/24"]}');
      const body = { subdomain: account.subdomain, txt: VALUE, allowfrom: [] };
      const refused: [Record<string, string>, string | object, string?][] = [
        [{ 'X-Api-User': '' }, body],
        [{ 'X-Api-User': OTHER }, body],
        [{ 'X-Api-Key': '' }, body],
        [{ 'X-Api-Key': 'a'.repeat(40) }, body],
        [{}, body, '198.51.100.1'],
        [{}, { ...body, subdomain: OTHER }],
        [{}, { ...body, subdomain: undefined }],
        [{}, ''],
        [{}, 'null'],
        [{}, '{'],
      ];
      for (const [headers, sent, from = '192.0.2.1'] of refused) {
        assert.deepEqual(await own(account, path, sent, { headers, from }), FORBIDDEN);
      }
      assert.deepEqual(served(account), []);
      assert.equal((await own(account, path, body)).status, 200);
    });
  }

  for (const path of CALLS) {
    test(`${path}: 405 for other methods, 503 while the store is away`, async () => {
      const { ask, own, register, store } = newApi();
      const account = await register();
      assert.equal((await ask('GET', path)).body, 'Method Not Allowed\n');
      assert.equal((await ask('PUT', path)).headers['allow'], 'OPTIONS, POST');
      store.findAccount = () => Promise.reject(new DomainError('store-unavailable', 'secret words'));
      const reply = await own(account, path, { subdomain: account.subdomain, txt: VALUE });
      assert.deepEqual([reply.status, reply.body], [503, '{"error": "db_error"}']);
    });
  }
});

describe('POST /clean', () => {
  test('takes that value away and no other; what is not there is no error', async () => {
    const { own, register, served } = newApi();
    const account = await register();
    const second = 'b'.repeat(43);
    for (const txt of [VALUE, second]) await own(account, '/update', { subdomain: account.subdomain, txt });
    for (let times = 0; times < 2; times += 1) {
      const reply = await own(account, '/clean', { SubDomain: account.subdomain, Txt: VALUE });
      assert.deepEqual(reply, { status: 200, headers: JSON_TYPE, body: `{"txt": "${VALUE}"}` });
      assert.deepEqual(served(account), [second]);
    }
    const reply = await own(account, '/clean', { subdomain: account.subdomain, txt: 'short' });
    assert.deepEqual([reply.status, reply.body], [400, '{"error": "bad_txt"}']);
  });

  test("does not touch what an order of the server's own holds", async () => {
    const { own, register, served, zone } = newApi();
    const account = await register();
    await zone.presentLocal(account.subdomain, [VALUE]);
    await own(account, '/clean', { subdomain: account.subdomain, txt: VALUE });
    assert.deepEqual(served(account), [VALUE]);
  });
});

describe('POST /change', () => {
  const whole = (account: Registration, allowfrom: string) =>
    `{"username":"${account.username}","password":"${account.password}","fulldomain":"${account.fulldomain}","subdomain":"${account.subdomain}","allowfrom":${allowfrom}}`;

  test('another allow list, from then on, and the whole account in the shape of /register', async () => {
    const { own, register, update } = newApi();
    const account = await register();
    const reply = await own(account, '/change', {
      subdomain: account.subdomain,
      allowfrom: ['[2001:db8::1]/64', '192.0.2.0/24'],
    });
    assert.deepEqual(reply, {
      status: 200,
      headers: JSON_TYPE,
      body: whole(account, '["2001:db8::1/64","192.0.2.0/24"]'),
    });
    const body = JSON.stringify({ subdomain: account.subdomain, txt: VALUE });
    assert.equal((await update(account, body, {}, '198.51.100.1')).status, 401);
    assert.equal((await update(account, body, {}, '192.0.2.1')).status, 200);
    assert.equal(
      (await own(account, '/change', { subdomain: account.subdomain, allowfrom: [] })).body,
      whole(account, '[]'),
    );
    assert.equal((await update(account, body, {}, '198.51.100.1')).status, 200);
  });

  test('without a list, and with null, it stays as it is', async () => {
    const { own, register } = newApi();
    const account = await register('{"allowfrom":["192.0.2.0/24"]}');
    for (const allowfrom of [undefined, null]) {
      const reply = await own(account, '/change', { subdomain: account.subdomain, allowfrom });
      assert.deepEqual([reply.status, reply.body], [200, whole(account, '["192.0.2.0/24"]')]);
    }
  });

  const bad: [unknown, string][] = [
    ['192.0.2.0/24', 'malformed_json_payload'],
    [[7], 'malformed_json_payload'],
    [{}, 'malformed_json_payload'],
    [['192.0.2.1'], 'invalid_allowfrom_cidr'],
    [['192.0.2.0/24', null], 'invalid_allowfrom_cidr'],
  ];
  for (const [allowfrom, code] of bad) {
    test(`400 ${code}: ${JSON.stringify(allowfrom)}`, async () => {
      const { own, register, zone } = newApi();
      const account = await register('{"allowfrom":["192.0.2.0/24"]}');
      const reply = await own(account, '/change', { subdomain: account.subdomain, allowfrom });
      assert.deepEqual(reply, { status: 400, headers: JSON_TYPE, body: `{"error": "${code}"}` });
      const credentials = { username: account.username, key: account.password, sources: ['192.0.2.1'] };
      assert.deepEqual((await zone.authenticate(credentials))?.allowFrom, ['192.0.2.0/24']);
    });
  }
});

test('POST /rotate: a new key, and the old one is of no use from then on', async () => {
  const { own, register, served } = newApi();
  const account = await register('{"allowfrom":["192.0.2.0/24"]}');
  const body = { subdomain: account.subdomain, txt: VALUE };
  await own(account, '/update', body);
  const reply = await own(account, '/rotate', body);
  const renewed = JSON.parse(reply.body) as Registration;
  assert.deepEqual([reply.status, reply.headers], [200, JSON_TYPE]);
  assert.match(renewed.password, /^[A-Za-z0-9_-]{40}$/);
  assert.notEqual(renewed.password, account.password);
  assert.equal(
    reply.body,
    JSON.stringify({ ...account, password: renewed.password }),
    'the same members in the same order',
  );
  assert.deepEqual(await own(account, '/update', body), FORBIDDEN);
  assert.equal((await own(renewed, '/update', body)).status, 200);
  assert.deepEqual(served(account), [VALUE]);
});

test('POST /deregister: the account, its name and its values are gone', async () => {
  const { own, register, served } = newApi();
  const [account, other] = [await register(), await register()];
  const body = { subdomain: account.subdomain, txt: VALUE };
  await own(account, '/update', body);
  const reply = await own(account, '/deregister', body);
  assert.deepEqual(reply, { status: 200, headers: JSON_TYPE, body: `{"subdomain":"${account.subdomain}"}` });
  assert.equal(served(account), undefined);
  assert.deepEqual(served(other), []);
  for (const path of ['/update', ...CALLS]) assert.deepEqual(await own(account, path, body), FORBIDDEN);
});
