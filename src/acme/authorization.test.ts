import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deactivateAuthorization, getAuthorization } from './authorization.ts';
import { acceptChallenge } from './challenge.ts';
import { withSession } from './testing/with-ca.ts';

const identifier = { type: 'dns', value: 'example.org' };
const token = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA';

describe('getAuthorization, RFC 8555 section 7.1.4', () => {
  test('challenges of unknown types, without token, without status are kept; what nobody could answer is passed over', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/authz/1', {
      headers: { 'retry-after': '5' },
      json: {
        status: 'pending',
        identifier,
        expires: '2026-12-01T00:00:00Z',
        challenges: [
          {
            type: 'dns-persist-01',
            url: '/chall/0',
            status: 'pending',
            issuerDomainNames: ['ca.example'],
            accounturi: 'x',
          },
          { type: 'quantum-01', url: '/chall/1', token: 7 },
          { type: 'dns-01', url: '/chall/2', status: 'pending', token },
          {
            type: 'http-01',
            url: '/chall/3',
            status: 'invalid',
            token: 'not base64url!',
            error: { type: 'dns', detail: 'x' },
          },
          { type: 'no-url' },
          null,
          'text',
        ],
      },
    });
    const authorization = await getAuthorization(session, `${ca.url}/authz/1`, signal);
    assert.deepEqual(authorization.challenges, [
      { type: 'dns-persist-01', url: `${ca.url}/chall/0`, status: 'pending' },
      { type: 'quantum-01', url: `${ca.url}/chall/1`, status: 'pending' },
      { type: 'dns-01', url: `${ca.url}/chall/2`, status: 'pending', token },
      {
        type: 'http-01',
        url: `${ca.url}/chall/3`,
        status: 'invalid',
        error: { type: 'dns', detail: 'x', subproblems: [] },
      },
    ]);
    assert.equal(authorization.wildcard, false);
    assert.equal(authorization.expires, Date.UTC(2026, 11, 1));
    assert.ok(authorization.retryAfter);
    assert.equal(ca.seen.at(-1)?.payload, undefined);
  });

  const wildcards: [json: object, wildcard: boolean][] = [
    [{ identifier, wildcard: true }, true],
    [{ identifier, wildcard: false }, false],
    [{ identifier, wildcard: null }, false],
    [{ identifier }, false],
    [{ identifier: { type: 'dns', value: '*.example.org' } }, true],
  ];
  for (const [json, wildcard] of wildcards) {
    test(`${JSON.stringify(json)} is ${wildcard ? 'for' : 'not for'} the wildcard`, async (t) => {
      const { ca, session, signal } = await withSession(t);
      ca.script('/authz/1', { json: { status: 'valid', ...json } });
      const authorization = await getAuthorization(session, `${ca.url}/authz/1`, signal);
      assert.equal(authorization.wildcard, wildcard);
      assert.equal(authorization.identifier.value, 'example.org');
      assert.deepEqual(authorization.challenges, []);
    });
  }

  for (const json of [{ status: 'odd', identifier }, { status: 'pending' }, null, 'text']) {
    test(`${JSON.stringify(json)} is no authorization`, async (t) => {
      const { ca, session, signal } = await withSession(t);
      ca.script('/authz/1', { json });
      await assert.rejects(getAuthorization(session, `${ca.url}/authz/1`, signal), { code: 'acme-bad-response' });
    });
  }
});

describe('acceptChallenge, RFC 8555 section 7.5.1', () => {
  test('sends exactly an empty object', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/chall/1', {
      headers: { 'retry-after': '2' },
      json: { type: 'dns-01', url: `${ca.url}/chall/1`, status: 'processing', token },
    });
    const challenge = await acceptChallenge(session, `${ca.url}/chall/1`, signal);
    assert.deepEqual([challenge.status, challenge.token], ['processing', token]);
    assert.ok(challenge.retryAfter);
    const { payload } = JSON.parse(ca.seen.at(-1)?.body ?? '') as { payload: string };
    assert.equal(Buffer.from(payload, 'base64url').toString(), '{}');
  });

  test('a challenge that is gone, or an answer that is none', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/chall/1', { status: 404 }, { json: {} });
    await assert.rejects(acceptChallenge(session, `${ca.url}/chall/1`, signal), { code: 'acme-not-found' });
    await assert.rejects(acceptChallenge(session, `${ca.url}/chall/1`, signal), { code: 'acme-bad-response' });
  });
});

test('deactivateAuthorization says so, RFC 8555 section 7.5.2', async (t) => {
  const { ca, session, signal } = await withSession(t);
  ca.script('/authz/1', { json: { status: 'deactivated', identifier } });
  assert.equal((await deactivateAuthorization(session, `${ca.url}/authz/1`, signal)).status, 'deactivated');
  assert.deepEqual(ca.seen.at(-1)?.payload, { status: 'deactivated' });
});
