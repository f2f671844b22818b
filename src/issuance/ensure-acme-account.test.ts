import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AcmeClient, SignedRequest } from '../acme/client.ts';
import { systemClock } from '../core/clock.ts';
import type { Event } from '../telemetry/event.ts';
import { ensureAcmeAccount } from './ensure-acme-account.ts';
import { interceptCalls } from './testing/intercept-calls.ts';
import { acmeError } from './testing/scripted-acme.ts';
import { createMemoryAcmeAccountStore } from './testing/stores-in-memory.ts';

const { signal } = new AbortController();
const ca = 'https://ca.example/directory';
const url = 'https://ca.example/account/1';

/** A CA that registers whatever it is asked to, and notes whether the key was stored by then. */
function createSetting() {
  const store = createMemoryAcmeAccountStore();
  const events: Event[] = [];
  const requests: object[] = [];
  const keysStored: boolean[] = [];
  const faults: Error[] = [];
  const client: AcmeClient = {
    directoryUrl: ca,
    clock: systemClock,
    directory: async () =>
      ({
        urls: { newAccount: 'https://ca.example/new-account' },
        meta: { externalAccountRequired: false, profiles: new Map() },
      }) as never,
    get: async () => assert.fail('nothing is to be read'),
    async post(request: SignedRequest) {
      keysStored.push((await store.loadAccount(ca))?.privateKey !== undefined);
      const payload =
        typeof request.payload === 'function'
          ? await request.payload('https://ca.example/new-account')
          : request.payload;
      requests.push(payload ?? {});
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
      const body = JSON.stringify({ status: 'valid' });
      return {
        url: 'https://ca.example/new-account',
        status: 201,
        headers: new Map([['location', url]]),
        body,
        receivedAt: 0,
      } as never;
    },
    close: async () => {},
  };
  const options = { client, store, certificate: 'example.org', emit: (event: Event) => void events.push(event) };
  return { store, events, requests, keysStored, faults, options };
}

describe('ensureAcmeAccount', () => {
  test('none yet: the key is stored before the CA is asked, the URL after', async () => {
    const s = createSetting();
    const saved: (string | undefined)[] = [];
    const store = interceptCalls(s.store, (method, call, [, account]) => {
      if (method === 'saveAccount') saved.push((account as { url?: string }).url);
      return call();
    });
    const session = await ensureAcmeAccount({ ...s.options, store }, signal);
    assert.equal(session.accountUrl, url);
    assert.deepEqual(s.keysStored, [true]);
    assert.deepEqual(saved, [undefined, url]);
    assert.deepEqual(s.requests, [{ termsOfServiceAgreed: true }]);
    assert.deepEqual(s.events, [{ type: 'account.registered', certificate: 'example.org', ca, account: url }]);
  });

  test('there is one: no request, no event', async () => {
    const s = createSetting();
    const first = await ensureAcmeAccount(s.options, signal);
    const second = await ensureAcmeAccount(s.options, signal);
    assert.equal(second.thumbprint, first.thumbprint);
    assert.equal(s.requests.length, 1);
    assert.equal(s.events.length, 1);
  });

  test('the answer was lost: asked again with the same key', async () => {
    const s = createSetting();
    s.faults.push(acmeError('acme-timeout'));
    await assert.rejects(ensureAcmeAccount(s.options, signal), { code: 'acme-timeout' });
    const key = (await s.store.loadAccount(ca))?.privateKey;
    assert.ok(key);
    await ensureAcmeAccount(s.options, signal);
    assert.deepEqual(await s.store.loadAccount(ca), { privateKey: key, url });
    assert.equal(s.events.length, 1);
  });

  test('the CA has forgotten it: registered anew with the same key', async () => {
    const s = createSetting();
    await s.store.saveAccount(ca, { privateKey: (await keyOf(s)) ?? '', url: 'https://ca.example/account/old' });
    const session = await ensureAcmeAccount({ ...s.options, again: true }, signal);
    assert.equal(session.accountUrl, url);
    assert.equal((await s.store.loadAccount(ca))?.url, url);
  });

  test('contact and external account are given along', async () => {
    const s = createSetting();
    const externalAccountBinding = { keyId: 'kid', hmacKey: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U' };
    await ensureAcmeAccount({ ...s.options, contact: ['admin@example.org'], externalAccountBinding }, signal);
    const [request] = s.requests as { contact: string[]; externalAccountBinding: object }[];
    assert.deepEqual(request?.contact, ['mailto:admin@example.org']);
    assert.ok(request.externalAccountBinding);
  });
});

async function keyOf({ options, store }: ReturnType<typeof createSetting>): Promise<string | undefined> {
  await ensureAcmeAccount(options, signal);
  return (await store.loadAccount(ca))?.privateKey;
}
