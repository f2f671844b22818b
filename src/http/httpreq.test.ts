import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Registration } from '../acmedns/challenge-zone.ts';
import { basic, JSON_TYPE, newApi, VALUE } from './testing/api-under-test.ts';

const KEY_AUTHORIZATION = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI';
const DIGEST = createHash('sha256').update(KEY_AUTHORIZATION).digest('base64url');

async function withAccount(body = '') {
  const api = newApi();
  const account = await api.register(body);
  const post = (path: string, sent: string | object, more: { from?: string; headers?: Record<string, string> } = {}) =>
    api.ask('POST', path, {
      headers: basic(account.username, account.password),
      body: typeof sent === 'string' ? sent : JSON.stringify(sent),
      ...more,
    });
  return { ...api, account, post };
}

describe('present and cleanup', () => {
  const good: [mode: string, body: (account: Registration) => object, value: string][] = [
    [
      'the name of the account, as lego finds it behind the CNAME',
      ({ fulldomain }) => ({ fqdn: `${fulldomain}.`, value: VALUE }),
      VALUE,
    ],
    [
      'the same without the dot, in capitals',
      ({ fulldomain }) => ({ fqdn: fulldomain.toUpperCase(), value: VALUE }),
      VALUE,
    ],
    [
      'the challenge name, where CNAMEs are not followed',
      () => ({ fqdn: '_acme-challenge.example.org.', value: VALUE }),
      VALUE,
    ],
    ['a name that is none', () => ({ fqdn: 'what ever', value: VALUE }), VALUE],
    ['other letters', () => ({ FQDN: '_acme-challenge.example.org.', Value: VALUE }), VALUE],
    ['mode RAW', () => ({ domain: 'example.org', token: 'evaGx', keyAuth: KEY_AUTHORIZATION }), DIGEST],
  ];
  for (const [mode, body, value] of good) {
    test(mode, async () => {
      const { account, post, served } = await withAccount();
      const done = { status: 200, headers: JSON_TYPE, body: `{"txt": "${value}"}` };
      assert.deepEqual(await post('/present', body(account)), done);
      assert.deepEqual(served(account), [value]);
      assert.deepEqual(await post('/cleanup', body(account)), done);
      assert.deepEqual(served(account), []);
      assert.deepEqual(await post('/cleanup', body(account)), done, 'a second time');
    });
  }

  for (const path of ['/present', '/cleanup']) {
    test(`${path}: 403 for the name of another account, 400 for what cannot be read`, async () => {
      const { account, post, register, served } = await withAccount();
      const other = await register();
      const refused = await post(path, { fqdn: `${other.fulldomain}.`, value: VALUE });
      const detail = `this account answers for ${account.fulldomain}, not for ${other.fulldomain}.`;
      assert.deepEqual([refused.status, JSON.parse(refused.body)], [403, { error: 'forbidden_name', detail }]);
      assert.equal((await post(path, { fqdn: 'auth.example.net', value: VALUE })).status, 403);
      assert.deepEqual(served(other), []);
      for (const body of [
        '',
        'null',
        '{}',
        '{"fqdn":"a"}',
        '{"fqdn":1,"value":2}',
        '{"domain":"a","token":"b"}',
        '[]',
      ]) {
        const reply = await post(path, body);
        assert.deepEqual([reply.status, reply.body], [400, '{"error": "malformed_json_payload"}'], body);
      }
      const short = await post(path, { fqdn: 'a', value: 'short' });
      assert.deepEqual([short.status, short.body], [400, '{"error": "bad_txt"}']);
    });

    test(`${path}: 401 without the key, with a wrong one, from elsewhere; and Basic is asked for`, async () => {
      const { account, post } = await withAccount('{"allowfrom":["192.0.2.0/24"]}');
      const body = { fqdn: 'a', value: VALUE };
      for (const more of [
        { headers: {} },
        { headers: basic(account.username, 'a'.repeat(40)) },
        { headers: basic(account.subdomain, account.password) },
        { headers: { 'X-Api-User': account.username, 'X-Api-Key': account.password } },
        { from: '198.51.100.1' },
      ]) {
        const reply = await post(path, body, more);
        assert.deepEqual([reply.status, reply.body], [401, '{"error": "forbidden"}']);
        assert.match(reply.headers['www-authenticate'] ?? '', /^Basic /);
      }
      assert.equal((await post(path, body)).status, 200);
    });
  }
});
