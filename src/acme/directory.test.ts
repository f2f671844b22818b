import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../core/clock.ts';
import { createAcmeClient } from './client.ts';
import { directoryAt, refusal } from './testing/scripted-ca.ts';
import type { Answer } from './testing/scripted-ca.ts';
import { withCa } from './testing/with-ca.ts';

const HOUR = 3_600_000;

describe('the directory, RFC 8555 section 7.1.1', () => {
  test('resources and meta are read; extra keys do not matter', async (t) => {
    const { ca, client, signal } = await withCa(t);
    ca.script('/directory', {
      json: {
        ...directoryAt(ca.url),
        'Kx3jZ-aW5T8': 'https://community.letsencrypt.org/t/adding-random-entries-to-the-directory/33417',
        meta: {
          termsOfService: 'https://ca.example/terms',
          website: 'https://ca.example',
          caaIdentities: ['ca.example'],
          externalAccountRequired: true,
          profiles: { classic: 'the profile you are used to', shortlived: 'six days' },
        },
      },
    });
    const { urls, meta } = await client.directory(signal);
    assert.equal(urls.newOrder, `${ca.url}/new-order`);
    assert.equal(urls.renewalInfo, `${ca.url}/renewal-info`);
    assert.deepEqual(meta, {
      termsOfService: 'https://ca.example/terms',
      website: 'https://ca.example',
      caaIdentities: ['ca.example'],
      externalAccountRequired: true,
      profiles: new Map([
        ['classic', 'the profile you are used to'],
        ['shortlived', 'six days'],
      ]),
    });
  });

  for (const meta of [undefined, null, 'no', { profiles: 7, caaIdentities: 'x', externalAccountRequired: 'yes' }]) {
    test(`meta ${JSON.stringify(meta)} counts as empty`, async (t) => {
      const { ca, client, signal } = await withCa(t);
      ca.script('/directory', { json: { ...directoryAt(ca.url), meta, keyChange: '', renewalInfo: null } });
      const directory = await client.directory(signal);
      assert.deepEqual(directory.meta, { caaIdentities: [], externalAccountRequired: false, profiles: new Map() });
      assert.equal(directory.urls.keyChange, undefined);
    });
  }

  test('is asked for once by many, and again after 12 hours', async (t) => {
    const { ca, client, clock, signal } = await withCa(t);
    await Promise.all(Array.from({ length: 5 }, () => client.directory(signal)));
    clock.advance(12 * HOUR - 1);
    await client.directory(signal);
    assert.deepEqual(ca.log, ['GET /directory']);
    clock.advance(1);
    await client.directory(signal);
    assert.equal(ca.log.length, 2);
  });

  test('a failure is not kept', async (t) => {
    const { ca, client, signal } = await withCa(t);
    ca.script('/directory', { status: 503, headers: { 'retry-after': '7' } }, { json: directoryAt(ca.url) });
    await assert.rejects(client.directory(signal), {
      code: 'acme-server-internal',
      message: /refused to give its directory: HTTP 503/,
    });
    assert.equal((await client.directory(signal)).urls.newNonce, `${ca.url}/new-nonce`);
  });

  test('one caller that gives up does not take the directory from another', async (t) => {
    const { ca, client, signal } = await withCa(t);
    const stop = new AbortController();
    ca.script('/directory', () => {
      stop.abort(new Error('enough'));
      return { json: directoryAt(ca.url) };
    });
    const [first, second] = [client.directory(stop.signal), client.directory(signal)];
    await assert.rejects(first, /enough/);
    assert.ok((await second).urls.newOrder);
    assert.equal(ca.log.length, 1);
  });

  test('a caller that has given up before begins nothing that could fail unheard', async (t) => {
    const { ca, client } = await withCa(t);
    await assert.rejects(client.directory(AbortSignal.abort(new Error('gone'))), /gone/);
    await client.close();
    assert.deepEqual(ca.log, []);
  });

  test('redirects are followed', async (t) => {
    const { ca, client, signal } = await withCa(t);
    ca.script('/directory', { status: 301, headers: { location: '/moved' } });
    ca.script('/moved', { status: 307, headers: { location: `${ca.url}/moved/again` } });
    ca.script('/moved/again', { json: directoryAt(ca.url) });
    assert.ok((await client.directory(signal)).urls.newOrder);
    assert.deepEqual(ca.log, ['GET /directory', 'GET /moved', 'GET /moved/again']);
  });
});

describe('what is no directory gets one sentence', () => {
  const rows: [what: string, answer: Answer, message: RegExp][] = [
    ['a 404', { status: 404 }, /it answers HTTP 404/],
    ['a web page', { body: '<html>hi', headers: { 'content-type': 'text/html' } }, /text\/html that is not JSON/],
    ['other JSON', { json: { hello: 'world' } }, /no usable newNonce, newAccount, newOrder/],
    ['a JSON list', { json: [] }, /no usable the whole/],
    ['URLs that are none', { json: { ...directoryAt('http://x'), newOrder: 'order' } }, /no usable newOrder/],
    ['endless redirects', { status: 302, headers: { location: '/directory' } }, /its redirects lead nowhere/],
    ['a redirect to nowhere', { status: 302, headers: { location: 'http://[' } }, /its redirects lead nowhere/],
  ];
  for (const [what, answer, message] of rows) {
    test(what, async (t) => {
      const { ca, client, signal } = await withCa(t);
      ca.script('/directory', answer);
      await assert.rejects(client.directory(signal), { code: 'acme-not-a-directory', message });
    });
  }

  test('a URL that is not https is not used', async (t) => {
    const { ca, client, signal } = await withCa(t);
    ca.script('/directory', { json: { ...directoryAt(ca.url), newOrder: 'ftp://ca.example/order' } });
    await assert.rejects(client.directory(signal), { code: 'acme-bad-response', message: /newOrder is not an https/ });
  });
});

describe('a directory URL that cannot be used is refused without a request', () => {
  const rows: [url: string, code: string][] = [
    ['', 'acme-not-a-directory'],
    ['acme-v02.api.letsencrypt.org/directory', 'acme-not-a-directory'],
    ['http://ca.example/directory', 'acme-insecure-url'],
    ['ftp://ca.example/', 'acme-insecure-url'],
  ];
  for (const [directoryUrl, code] of rows) {
    test(`"${directoryUrl}"`, () => {
      assert.throws(() => createAcmeClient({ directoryUrl, clock: systemClock }), {
        code,
        message: /give the directory URL of an ACME CA/,
      });
    });
  }
  for (const directoryUrl of ['https://ca.example/d', 'http://localhost:1/d', 'http://127.0.0.1/d', 'http://[::1]/d']) {
    test(`"${directoryUrl}" may be used`, async () => {
      await createAcmeClient({ directoryUrl, clock: systemClock }).close();
    });
  }
});

test('a resource that the CA has moved is found through the directory, read again once', async (t) => {
  const { ca, client, signal } = await withCa(t);
  const { registerAccount } = await import('./account.ts');
  const { privateKey } = await import('./testing/with-ca.ts');
  await client.directory(signal);
  ca.script('/directory', { json: { ...directoryAt(ca.url), newAccount: `${ca.url}/v2/new-account` } });
  ca.script('/new-account', refusal('malformed', 'no such resource', 404));
  ca.script('/v2/new-account', {
    status: 201,
    headers: { location: `${ca.url}/account/9` },
    json: { status: 'valid' },
  });
  const session = await registerAccount(client, { privateKey, termsOfServiceAgreed: true }, signal);
  assert.equal(session.accountUrl, `${ca.url}/account/9`);
  assert.equal(ca.log.filter((line) => line === 'GET /directory').length, 2);

  ca.script('/v2/new-account', { status: 404 });
  await assert.rejects(registerAccount(client, { privateKey, termsOfServiceAgreed: true }, signal), {
    code: 'acme-not-found',
  });
});
