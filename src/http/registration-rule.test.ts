import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiOptions } from './api.ts';
import { digestOf } from './secret-digest.ts';
import type { RegistrationRule } from './registration-rule.ts';
import { basic, newApi } from './testing/api-under-test.ts';
import { keptPassword } from './user-passwords.ts';

const TOKEN = 'Tok/en+0123456789abcdef=';
const UNAUTHORIZED =
  '{"error": "registration_unauthorized", "detail": "registration needs a token or a user with password that this server knows; ask its operator"}';

function restricted(what: Partial<RegistrationRule & { kind: 'restricted' }>): Partial<ApiOptions> {
  return { registration: { kind: 'restricted', networks: [], tokens: [], users: new Map(), ...what } };
}

const bySecret = restricted({
  tokens: [digestOf('another-token-000000'), digestOf(TOKEN)],
  users: new Map([
    ['alice', keptPassword('correct:horse')],
    ['bøb', keptPassword('sha256:2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B')],
  ]),
});
const escaped = encodeURIComponent(TOKEN);

describe('with tokens and users', () => {
  const good: [carrier: string, path: string, headers: Record<string, string>][] = [
    ['a header of its own', '/register', { 'X-Api-Registration-Token': TOKEN }],
    ['a bearer token', '/register', { authorization: `Bearer ${TOKEN}` }],
    ['a bearer token, as some write it', '/register', { authorization: `bearer   ${TOKEN}` }],
    ['the path', `/t/${escaped}/register`, {}],
    ['the path, from a base URL that ends in a slash', `//t/${escaped}//register`, {}],
    ['the path in capitals', `/T/${escaped}/REGISTER/`, {}],
    ['the password of any user (URL userinfo)', '/register', basic('anybody', TOKEN)],
    ['the password of no user', '/register', basic('', TOKEN)],
    ['a user with password', '/register', basic('alice', 'correct:horse')],
    ['a user whose password is kept as a digest', '/register', basic('bøb', 'secret')],
    [
      'base64url without padding (Certify The Web)',
      '/register',
      { authorization: `Basic ${Buffer.from(`a:${TOKEN}`).toString('base64url')}` },
    ],
  ];
  for (const [carrier, path, headers] of good) {
    test(`201 by ${carrier}`, async () => {
      const reply = await newApi(bySecret).ask('POST', path, { headers });
      assert.equal(reply.status, 201, reply.body);
    });
  }

  const bad: [what: string, path: string, headers: Record<string, string>][] = [
    ['nothing', '/register', {}],
    ['another token', '/register', { 'X-Api-Registration-Token': `${TOKEN}x` }],
    ['an empty token', '/register', { 'X-Api-Registration-Token': '' }],
    ['an empty password', '/register', basic('alice', '')],
    ['a token in other letters', `/t/${escaped.toLowerCase()}/register`, {}],
    ['half a path', `/t/${escaped.slice(0, 9)}/register`, {}],
    ['a path that cannot be decoded', '/t/%ff%/register', {}],
    ["another's password", '/register', basic('bøb', 'correct:horse')],
    ['the password of a user as a token', '/register', { authorization: 'Bearer correct:horse' }],
    ['an unknown user', '/register', basic('carol', 'correct:horse')],
    [
      'a digest as password',
      '/register',
      basic('bøb', '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b'),
    ],
    ['a user without a colon', '/register', { authorization: `Basic ${btoa('alice')}` }],
    ['what is no base64', '/register', { authorization: 'Basic ???' }],
    ['another scheme', '/register', { authorization: `Digest ${TOKEN}` }],
    ['the object that all others are made of', '/register', basic('__proto__', 'x')],
  ];
  for (const [what, path, headers] of bad) {
    test(`401 with ${what}`, async () => {
      const reply = await newApi(bySecret).ask('POST', path, { headers });
      assert.deepEqual([reply.status, reply.body], [401, UNAUTHORIZED]);
      assert.equal(reply.headers['www-authenticate'], 'Basic realm="evercert", charset="UTF-8"');
      assert.equal(reply.headers['content-type'], 'application/json');
    });
  }

  test('it comes before what is wrong with the body, and nothing of the secret is told', async () => {
    const told: unknown[] = [];
    const { ask } = newApi({ ...bySecret, observe: (call) => told.push(call) });
    assert.equal((await ask('POST', '/register', { body: '{' })).status, 401);
    assert.equal((await ask('POST', `/t/${escaped}/register`, { body: '{' })).status, 400);
    assert.equal((await ask('POST', '/register', { headers: basic('alice', TOKEN), body: '{' })).status, 400);
    assert.ok(!JSON.stringify(told).includes('Tok'), JSON.stringify(told));
  });

  test('a token before the path hinders no other call, good or not', async () => {
    const { ask, zone } = newApi(bySecret);
    const account = await zone.register([]);
    const headers = { 'X-Api-User': account.username, 'X-Api-Key': account.password };
    const body = JSON.stringify({ subdomain: account.subdomain, txt: 'a'.repeat(43) });
    for (const token of [escaped, 'old']) {
      assert.equal((await ask('POST', `/t/${token}/update`, { headers, body })).status, 200);
      assert.equal((await ask('GET', `/t/${token}/health`)).status, 200);
      assert.equal((await ask('GET', `/t/${token}`)).status, 404);
    }
  });
});

describe('with networks', () => {
  const byNetwork = restricted({ networks: ['192.0.2.0/24', '2001:db8::/32'] });
  for (const from of ['192.0.2.1', '::ffff:192.0.2.200', '2001:db8:1::7']) {
    test(`201 from ${from}`, async () => {
      assert.equal((await newApi(byNetwork).ask('POST', '/register', { from })).status, 201);
    });
  }
  for (const from of ['198.51.100.1', '2001:db9::7']) {
    test(`403 from ${from}`, async () => {
      const reply = await newApi(byNetwork).ask('POST', '/register', { from });
      const detail = `accounts cannot be registered from ${from}; ask the operator of this server`;
      assert.deepEqual([reply.status, JSON.parse(reply.body)], [403, { error: 'registration_forbidden', detail }]);
      assert.equal(reply.headers['www-authenticate'], undefined);
    });
  }

  test('with a token as well, both are needed', async () => {
    const both = restricted({ networks: ['192.0.2.0/24'], tokens: [digestOf(TOKEN)] });
    const headers = { 'X-Api-Registration-Token': TOKEN };
    assert.equal((await newApi(both).ask('POST', '/register', { headers })).status, 201);
    assert.equal((await newApi(both).ask('POST', '/register')).status, 401);
    assert.equal((await newApi(both).ask('POST', '/register', { headers, from: '198.51.100.1' })).status, 403);
  });
});

test('where everybody may register, a token before the path is let be', async () => {
  assert.equal((await newApi().ask('POST', '/t/whatever/register')).status, 201);
});
