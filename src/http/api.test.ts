import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DomainError } from '../core/error.ts';
import type { Registration } from '../acmedns/challenge-zone.ts';
import { createFindSource } from './source.ts';
import { JSON_TYPE, newApi, VALUE } from './testing/api-under-test.ts';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const TEXT_TYPE = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', vary: 'Origin' };

describe('POST /register', () => {
  const good: [string, string | undefined, string][] = [
    ['no body', undefined, '[]'],
    ['an empty body (win-acme)', '', '[]'],
    ['null (goacmedns 0.2)', 'null\n', '[]'],
    ['{}', '{}', '[]'],
    ['an allow list', '{"allowfrom":["192.0.2.0/24","[::1]/64"]}', '["192.0.2.0/24","::1/64"]'],
    ['old goacmedns', '{"AllowFrom":["192.0.2.7/24"]}', '["192.0.2.7/24"]'],
    ['allowfrom null', '{"allowfrom":null}', '[]'],
  ];
  for (const [name, body, allowFrom] of good) {
    test(`201 and one compact line: ${name}`, async () => {
      const { ask, served } = newApi();
      const reply = await ask('POST', '/register', body === undefined ? {} : { body });
      assert.equal(reply.status, 201);
      assert.deepEqual(reply.headers, JSON_TYPE);
      const escaped = allowFrom.replaceAll(/[[\].]/g, '\\$&');
      const account = `{"username":"${UUID}","password":"[A-Za-z0-9_-]{40}","fulldomain":"(${UUID})\\.auth\\.example\\.net","subdomain":"\\1","allowfrom":${escaped}}`;
      assert.match(reply.body, new RegExp(`^${account}$`));
      assert.deepEqual(served(JSON.parse(reply.body) as Registration), []);
    });
  }

  const bad: [string, string][] = [
    ['{', 'malformed_json_payload'],
    [' ', 'malformed_json_payload'],
    ['{"allowfrom":"1.2.3.4/32"}', 'malformed_json_payload'],
    ['["1.2.3.4/32"]', 'malformed_json_payload'],
    ['{"username":"me"}', 'malformed_json_payload'],
    ['{} {}', 'malformed_json_payload'],
    ['{"allowfrom":["1.2.3.4"]}', 'invalid_allowfrom_cidr'],
    ['{"allowfrom":["1.2.3.4/32",""]}', 'invalid_allowfrom_cidr'],
    ['{"allowfrom":[null]}', 'invalid_allowfrom_cidr'],
  ];
  for (const [body, code] of bad) {
    test(`400 ${code}: ${body}`, async () => {
      const reply = await newApi().ask('POST', '/register', { body });
      assert.deepEqual(reply, { status: 400, headers: JSON_TYPE, body: `{"error": "${code}"}` });
    });
  }

  test('the media type is never looked at', async () => {
    const { ask } = newApi();
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain; charset=utf-8',
      'application/json; charset=utf8',
      'x',
    ]) {
      const reply = await ask('POST', '/register', {
        headers: { 'content-type': type },
        body: '{"allowfrom":["::/0"]}',
      });
      assert.equal(reply.status, 201, type);
    }
  });

  test('switched off, the path is as unknown as any', async () => {
    const { ask } = newApi({ registration: { kind: 'closed' } });
    for (const method of ['POST', 'GET', 'OPTIONS']) {
      const reply = await ask(method, '/register');
      assert.deepEqual([reply.status, reply.body], [404, '404 page not found\n']);
    }
  });

  test('503 without the words of the database', async () => {
    const reported: unknown[] = [];
    const { ask, store } = newApi({ report: (error) => reported.push(error) });
    const fault = new DomainError('store-unavailable', 'database or disk is full');
    store.addAccount = () => Promise.reject(fault);
    assert.deepEqual(await ask('POST', '/register'), {
      status: 503,
      headers: { ...JSON_TYPE, 'retry-after': '5' },
      body: '{"error": "db_error"}',
    });
    assert.deepEqual(reported, [fault]);
  });
});

describe('POST /update', () => {
  test('200 with the value, which is served then', async () => {
    const { register, update, served } = newApi();
    const account = await register();
    const reply = await update(account, JSON.stringify({ subdomain: account.subdomain, txt: VALUE }));
    assert.deepEqual(reply, { status: 200, headers: JSON_TYPE, body: `{"txt": "${VALUE}"}` });
    assert.deepEqual(served(account), [VALUE]);
  });

  /** What clients send; "S" stands for the label. */
  const bodies: [string, string][] = [
    ['lego, goacmedns 0.2', `{"subdomain":"S","txt":"${VALUE}"}\n`],
    ['goacmedns 0.1', `{"SubDomain":"S","Txt":"${VALUE}"}`],
    ['acme.sh', `{"subdomain":"S", "txt": "${VALUE}"}`],
    ['trailing bytes', `{"subdomain":"S","txt":"${VALUE}"}} and more`],
    ['an unknown member', `{"x":[{}],"subdomain":"S","txt":"${VALUE}"}`],
    ['the last of two', `{"subdomain":"S","txt":"no","txt":"${VALUE}"}`],
  ];
  for (const [name, body] of bodies) {
    test(`200: ${name}`, async () => {
      const { register, update } = newApi();
      const account = await register();
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      const reply = await update(account, body.replace('"S"', `"${account.subdomain}"`), type);
      assert.deepEqual([reply.status, reply.body], [200, `{"txt": "${VALUE}"}`]);
    });
  }

  const other = 'c36f50e8-4632-44f0-83fe-e070fef28a10';
  /** In the order of the checks: each row has all that is wrong in the rows below it too. */
  const refused: [string, Record<string, string>, string, number, string][] = [
    ['no user', { 'X-Api-User': '' }, '{"subdomain":"x"', 401, 'forbidden'],
    ['user is no uuid', { 'X-Api-User': 'me' }, '{"subdomain":"x"', 401, 'forbidden'],
    ['no key', { 'X-Api-Key': '' }, '{"subdomain":"x"', 401, 'forbidden'],
    ['key of 39', { 'X-Api-Key': 'a'.repeat(39) }, '{"subdomain":"x"', 401, 'forbidden'],
    ['key of other letters', { 'X-Api-Key': '!'.repeat(40) }, '{"subdomain":"x"', 401, 'forbidden'],
    ['unknown user', { 'X-Api-User': other }, '{"subdomain":"x"', 401, 'forbidden'],
    ['wrong key', { 'X-Api-Key': 'a'.repeat(40) }, '{"subdomain":"x"', 401, 'forbidden'],
    ['wrong key and wrong value', { 'X-Api-Key': 'a'.repeat(40) }, '{"subdomain":"S","txt":"bad"}', 401, 'forbidden'],
    ['no body', {}, '', 401, 'forbidden'],
    ['null', {}, 'null', 401, 'forbidden'],
    ['not JSON', {}, `subdomain=S&txt=${VALUE}`, 401, 'forbidden'],
    ['cut JSON', {}, `{"subdomain":"S","txt":"${VALUE}"`, 401, 'forbidden'],
    ["another's label", {}, `{"subdomain":"${other}","txt":"bad"}`, 401, 'forbidden'],
    ['label of a wrong type', {}, `{"subdomain":["S"],"txt":"${VALUE}"}`, 401, 'forbidden'],
    ['value of a wrong type', {}, '{"subdomain":"S","txt":1234567890}', 400, 'bad_txt'],
    ['no value', {}, '{"subdomain":"S"}', 400, 'bad_txt'],
    ['42 characters', {}, `{"subdomain":"S","txt":"${VALUE.slice(1)}"}`, 400, 'bad_txt'],
    ['44 characters', {}, `{"subdomain":"S","txt":"${VALUE}a"}`, 400, 'bad_txt'],
    ['padding', {}, `{"subdomain":"S","txt":"${VALUE.slice(1)}="}`, 400, 'bad_txt'],
    ['a control character', {}, `{"subdomain":"S","txt":"${VALUE.slice(1)}\\n"}`, 400, 'bad_txt'],
  ];
  for (const [name, headers, body, status, code] of refused) {
    test(`${status} ${code}: ${name}`, async () => {
      const { register, update, served } = newApi();
      const account = await register();
      const reply = await update(account, body.replace('"S"', `"${account.subdomain}"`), headers);
      assert.deepEqual(reply, { status, headers: JSON_TYPE, body: `{"error": "${code}"}` });
      assert.deepEqual(served(account), []);
    });
  }

  test('400 bad_subdomain: an own label edited by hand into something that is none', async () => {
    const { register, update, store } = newApi();
    const account = await register();
    const findAccount = store.findAccount.bind(store);
    store.findAccount = async (username) => {
      const found = await findAccount(username);
      return found && { ...found, subdomain: 'nice_name' };
    };
    const reply = await update(account, '{"subdomain":"nice_name","txt":"bad"}');
    assert.deepEqual([reply.status, reply.body], [400, '{"error": "bad_subdomain"}']);
  });

  test('allow lists: by the peer, by the last address of a header where that is set', async () => {
    const byPeer = newApi();
    const account = await byPeer.register('{"allowfrom":["192.0.2.0/24"]}');
    const body = JSON.stringify({ subdomain: account.subdomain, txt: VALUE });
    const forged = { 'X-Forwarded-For': '192.0.2.1' };
    assert.equal((await byPeer.update(account, body, {}, '192.0.2.77')).status, 200);
    assert.equal((await byPeer.update(account, body, {}, '::ffff:192.0.2.77')).status, 200);
    assert.equal((await byPeer.update(account, body, forged, '198.51.100.1')).status, 401);

    const byHeader = newApi({ findSource: createFindSource({ header: 'X-Forwarded-For' }) });
    const behind = await byHeader.register('{"allowfrom":["192.0.2.0/24"]}');
    const own = JSON.stringify({ subdomain: behind.subdomain, txt: VALUE });
    assert.equal((await byHeader.update(behind, own, { 'x-forwarded-for': '10.0.0.1 , 192.0.2.9' })).status, 200);
    assert.equal((await byHeader.update(behind, own, { 'x-forwarded-for': '192.0.2.9, 10.0.0.1' })).status, 401);
    assert.equal((await byHeader.update(behind, own)).status, 401);
    const free = await byHeader.register();
    assert.equal((await byHeader.update(free, JSON.stringify({ subdomain: free.subdomain, txt: VALUE }))).status, 200);
  });

  test('503 db_error when the store fails, at the look and at the change', async () => {
    for (const method of ['findAccount', 'changeTxt'] as const) {
      const { register, update, store } = newApi();
      const account = await register();
      Object.assign(store, { [method]: () => Promise.reject(new DomainError('store-unavailable', 'no')) });
      const reply = await update(account, JSON.stringify({ subdomain: account.subdomain, txt: VALUE }));
      const headers = { ...JSON_TYPE, 'retry-after': '5' };
      assert.deepEqual(reply, { status: 503, headers, body: '{"error": "db_error"}' });
    }
  });
});

describe('paths and methods', () => {
  const rows: [string, string, number, string, Record<string, string>][] = [
    ['GET', '/health', 200, '', { vary: 'Origin', 'content-length': '0' }],
    ['HEAD', '/health', 405, '', { ...TEXT_TYPE, allow: 'GET, OPTIONS', 'content-length': '19' }],
    ['POST', '/health', 405, 'Method Not Allowed\n', { ...TEXT_TYPE, allow: 'GET, OPTIONS', 'content-length': '19' }],
    ['GET', '/update', 405, 'Method Not Allowed\n', { ...TEXT_TYPE, allow: 'OPTIONS, POST', 'content-length': '19' }],
    ['PUT', '/register', 405, 'Method Not Allowed\n', { ...TEXT_TYPE, allow: 'OPTIONS, POST', 'content-length': '19' }],
    [
      'DELETE',
      '/update/',
      405,
      'Method Not Allowed\n',
      { ...TEXT_TYPE, allow: 'OPTIONS, POST', 'content-length': '19' },
    ],
    ['OPTIONS', '/update', 200, '', { vary: 'Origin', allow: 'OPTIONS, POST', 'content-length': '0' }],
    ['OPTIONS', '/health', 200, '', { vary: 'Origin', allow: 'GET, OPTIONS', 'content-length': '0' }],
    ['GET', '/', 404, '404 page not found\n', { ...TEXT_TYPE, 'content-length': '19' }],
    ['POST', '/updates', 404, '404 page not found\n', { ...TEXT_TYPE, 'content-length': '19' }],
    ['POST', '/update/x', 404, '404 page not found\n', { ...TEXT_TYPE, 'content-length': '19' }],
    ['HEAD', '/nothing', 404, '', { ...TEXT_TYPE, 'content-length': '19' }],
    ['OPTIONS', '/nothing', 404, '404 page not found\n', { ...TEXT_TYPE, 'content-length': '19' }],
    ['GET', '/status', 404, '404 page not found\n', { ...TEXT_TYPE, 'content-length': '19' }],
  ];
  for (const [method, path, status, body, headers] of rows) {
    test(`${method} ${path}`, async () =>
      assert.deepEqual(await newApi().ask(method, path), { status, headers, body }));
  }

  for (const path of ['//update', '/update/', '///update//', '/UPDATE', '/update?x=1', '/update#x', '//update?/']) {
    test(`${path} is /update`, async () => {
      const { ask } = newApi();
      assert.equal((await ask('POST', path)).status, 401);
    });
  }
});

describe('CORS', () => {
  const page = 'https://page.example.org';
  const preflight = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';
  const rows: [string, string[], string, Record<string, string>, number, Record<string, string>][] = [
    ['all origins', [], 'POST', { origin: page }, 401, { ...JSON_TYPE, 'access-control-allow-origin': '*' }],
    ['a star', ['*'], 'POST', { origin: page }, 401, { ...JSON_TYPE, 'access-control-allow-origin': '*' }],
    ['this origin', [page], 'POST', { origin: page }, 401, { ...JSON_TYPE, 'access-control-allow-origin': page }],
    [
      'letter case',
      [page],
      'POST',
      { origin: page.toUpperCase() },
      401,
      { ...JSON_TYPE, 'access-control-allow-origin': page.toUpperCase() },
    ],
    [
      'a pattern',
      ['https://*.example.org'],
      'POST',
      { origin: page },
      401,
      { ...JSON_TYPE, 'access-control-allow-origin': page },
    ],
    ['another pattern', ['https://*.example.com'], 'POST', { origin: page }, 401, JSON_TYPE],
    ['a pattern that overlaps itself', ['https://page.example.org*org'], 'POST', { origin: page }, 401, JSON_TYPE],
    ['another origin', ['https://other.example.org'], 'POST', { origin: page }, 401, JSON_TYPE],
    [
      'preflight with our headers',
      [],
      'OPTIONS',
      {
        origin: page,
        'access-control-request-method': 'post',
        'access-control-request-headers': 'x-api-user,x-api-key, content-type',
      },
      204,
      {
        vary: preflight,
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'X-Api-User, X-Api-Key, Content-Type',
      },
    ],
    [
      'preflight without headers',
      [page],
      'OPTIONS',
      { origin: page, 'access-control-request-method': 'GET' },
      204,
      { vary: preflight, 'access-control-allow-origin': page, 'access-control-allow-methods': 'GET' },
    ],
    [
      'preflight with a strange header',
      [],
      'OPTIONS',
      { origin: page, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-strange' },
      204,
      { vary: preflight },
    ],
    [
      'preflight for DELETE',
      [],
      'OPTIONS',
      { origin: page, 'access-control-request-method': 'DELETE' },
      204,
      { vary: preflight },
    ],
    [
      'preflight from another origin',
      ['https://x.example'],
      'OPTIONS',
      { origin: page, 'access-control-request-method': 'POST' },
      204,
      { vary: preflight },
    ],
    ['preflight without origin', [], 'OPTIONS', { 'access-control-request-method': 'POST' }, 204, { vary: preflight }],
  ];
  for (const [name, corsOrigins, method, headers, status, expected] of rows) {
    test(name, async () => {
      const reply = await newApi({ corsOrigins }).ask(method, '/update', { headers });
      assert.deepEqual([reply.status, reply.headers], [status, expected]);
    });
  }

  test('methods that no page may use get no permission, errors of others do', async () => {
    const { ask } = newApi();
    const headers = { origin: page };
    assert.equal((await ask('PUT', '/update', { headers })).headers['access-control-allow-origin'], undefined);
    assert.equal((await ask('GET', '/nothing', { headers })).headers['access-control-allow-origin'], '*');
    assert.equal((await ask('GET', '/health', { headers })).headers['access-control-allow-origin'], '*');
  });
});

test('results are told for the metrics', async () => {
  const told: string[] = [];
  const { ask, register, update } = newApi({ observe: ({ operation, result }) => told.push(`${operation} ${result}`) });
  const account = await register();
  await ask('POST', '/register', { body: '{' });
  await update(account, JSON.stringify({ subdomain: account.subdomain, txt: VALUE }));
  await update(account, '');
  assert.deepEqual(told, ['register success', 'register malformed_json_payload', 'update success', 'update forbidden']);
});

test('the status and the metrics are there when asked for', async () => {
  const report = { version: '1', zone: 'auth.example.net', certificates: [] };
  const { ask } = newApi({ status: { status: async () => report, metricsText: async () => 'evercert_up 1\n' } });
  const status = await ask('GET', '/status');
  assert.deepEqual(
    [status.status, status.headers['content-type'], JSON.parse(status.body)],
    [200, 'application/json', report],
  );
  assert.equal(status.headers['cache-control'], 'no-store');
  const metrics = await ask('GET', '/metrics');
  assert.deepEqual(
    [metrics.status, metrics.headers['content-type'], metrics.body],
    [200, 'text/plain; version=0.0.4; charset=utf-8', 'evercert_up 1\n'],
  );
  assert.equal((await ask('POST', '/status')).status, 405);
});

test('a fault in a handler is a JSON error and is reported, without its words', async () => {
  const reported: unknown[] = [];
  const fault = new Error('secret of the inside');
  const { ask } = newApi({
    status: { status: () => Promise.reject(fault), metricsText: async () => '' },
    report: (error) => reported.push(error),
  });
  const reply = await ask('GET', '/status');
  assert.deepEqual([reply.status, reply.body], [500, '{"error": "internal_error"}']);
  assert.deepEqual(reported, [fault]);
});
