import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { deactivateAccount, getAccount, openAccount, registerAccount, updateContact } from '../../src/acme/account.ts';
import type { AcmeSession } from '../../src/acme/account.ts';
import { getAuthorization } from '../../src/acme/authorization.ts';
import { downloadCertificate, revokeCertificate } from '../../src/acme/certificate.ts';
import { chooseChain } from '../../src/acme/chain-choice.ts';
import { acceptChallenge, dns01Value } from '../../src/acme/challenge.ts';
import { createAcmeClient } from '../../src/acme/client.ts';
import type { AcmeClient } from '../../src/acme/client.ts';
import type { Exchange } from '../../src/acme/http.ts';
import { changeAccountKey } from '../../src/acme/key-change.ts';
import { createOrder, finalizeOrder, getOrder, listOrders } from '../../src/acme/order.ts';
import type { Order, OrderRequest } from '../../src/acme/order.ts';
import { getRenewalInfo } from '../../src/acme/renewal-info.ts';
import { systemClock } from '../../src/core/clock.ts';
import { certificateId } from '../../src/pki/certificate-id.ts';
import { checkIssued, parseChain } from '../../src/pki/chain.ts';
import { createCsr } from '../../src/pki/csr.ts';
import { generateKey } from '../../src/pki/key.ts';
import type { KeyType } from '../../src/pki/key.ts';
import { startPebble } from './pebble.ts';
import type { Pebble, PebbleOptions } from './pebble.ts';
import { peers } from './require-peer.ts';

/** The protocol against Let's Encrypt's own test CA, strict. It takes every challenge as answered: DNS has tests of its own. */
const skip = peers('pebble', 'openssl');
const termsOfServiceAgreed = true;

interface Peer {
  readonly pebble: Pebble;
  readonly client: AcmeClient;
  readonly exchanges: Exchange[];
  readonly signal: AbortSignal;
}

async function start(context: TestContext, options: Partial<PebbleOptions> = {}): Promise<Peer> {
  const env = { PEBBLE_VA_ALWAYS_VALID: '1', PEBBLE_WFE_NONCEREJECT: '0', ...options.env };
  const pebble = await startPebble({ dnsServer: '127.0.0.1:1', ...options, env });
  const exchanges: Exchange[] = [];
  const client = createAcmeClient({
    directoryUrl: pebble.directoryUrl,
    trust: readFileSync(pebble.rootFile, 'utf8'),
    clock: systemClock,
    observe: (exchange) => exchanges.push(exchange),
  });
  context.after(async () => {
    await client.close();
    await pebble.stop();
  });
  return { pebble, client, exchanges, signal: AbortSignal.any([context.signal, AbortSignal.timeout(120_000)]) };
}

async function register(peer: Peer, keyType: KeyType = 'P-256'): Promise<AcmeSession> {
  const privateKey = await generateKey(keyType);
  return await registerAccount(peer.client, { privateKey, termsOfServiceAgreed }, peer.signal);
}

function named(names: readonly string[]): Pick<OrderRequest, 'identifiers'> {
  return { identifiers: names.map((value) => ({ type: 'dns', value })) };
}

/** Waits for a state by asking again, as the CA says or every 20 ms. */
async function settle(session: AcmeSession, order: Order, while_: string, signal: AbortSignal): Promise<Order> {
  let now = order;
  while (now.status === while_) {
    await systemClock.sleep(Math.max(20, (now.retryAfter ?? 0) - systemClock.now()), signal);
    now = await getOrder(session, now.url, signal);
  }
  return now;
}

async function prove(session: AcmeSession, order: Order, signal: AbortSignal): Promise<Order> {
  await Promise.all(
    order.authorizationUrls.map(async (url) => {
      const { status, challenges } = await getAuthorization(session, url, signal);
      const challenge = challenges.find(({ type }) => type === 'dns-01');
      assert.ok(status !== 'pending' || challenge?.token !== undefined);
      if (status !== 'pending' || challenge?.token === undefined) return;
      assert.match(dns01Value(session, challenge.token), /^[A-Za-z0-9_-]{43}$/);
      await acceptChallenge(session, challenge.url, signal);
    }),
  );
  return await settle(session, await getOrder(session, order.url, signal), 'pending', signal);
}

interface Issued {
  readonly order: Order;
  readonly chain: string;
  readonly privateKey: string;
}

async function issue(
  session: AcmeSession,
  names: readonly string[],
  signal: AbortSignal,
  more: Partial<OrderRequest> = {},
): Promise<Issued> {
  const privateKey = await generateKey('P-256');
  const ready = await prove(session, await createOrder(session, { ...named(names), ...more }, signal), signal);
  assert.equal(ready.status, 'ready');
  const finalized = await finalizeOrder(session, ready, await createCsr({ privateKey, names }), signal);
  const order = await settle(session, finalized, 'processing', signal);
  assert.equal(order.status, 'valid');
  const { chain } = await downloadCertificate(session, order.certificateUrl ?? '', signal);
  checkIssued({ chain, privateKey, names, now: Date.now() });
  return { order, chain, privateKey };
}

function leafOf(chain: string): ReturnType<typeof parseChain>[number] {
  const [leaf] = parseChain(chain);
  assert.ok(leaf !== undefined);
  return leaf;
}

describe('accounts on Pebble', { skip }, () => {
  for (const keyType of ['P-256', 'P-384', 'RSA-2048', 'RSA-4096'] as const) {
    test(`an account with a ${keyType} key is created, found again, and issues`, async (t) => {
      const peer = await start(t);
      const privateKey = await generateKey(keyType);
      const registration = { privateKey, termsOfServiceAgreed } as const;
      const session = await registerAccount(peer.client, registration, peer.signal);
      const again = await registerAccount(peer.client, registration, peer.signal);
      const only = { ...registration, onlyReturnExisting: true };
      const found = await registerAccount(peer.client, only, peer.signal);
      assert.deepEqual([again.accountUrl, found.accountUrl], [session.accountUrl, session.accountUrl]);
      await issue(openAccount(peer.client, { privateKey, url: session.accountUrl }), ['example.org'], peer.signal);
    });
  }

  test('an account that does not exist is not made by looking for it', async (t) => {
    const peer = await start(t);
    const privateKey = await generateKey('P-256');
    const looking = registerAccount(
      peer.client,
      { privateKey, termsOfServiceAgreed, onlyReturnExisting: true },
      peer.signal,
    );
    await assert.rejects(looking, { code: 'acme-account-does-not-exist', retry: { kind: 'never' } });
    const unknown = openAccount(peer.client, {
      privateKey,
      url: `${new URL(peer.pebble.directoryUrl).origin}/my-account/9`,
    });
    await assert.rejects(createOrder(unknown, named(['example.org']), peer.signal), {
      code: 'acme-account-does-not-exist',
    });
  });

  test('contacts are changed and removed', async (t) => {
    const peer = await start(t);
    const session = await register(peer);
    const changed = await updateContact(session, ['admin@example.org'], peer.signal);
    assert.deepEqual(changed.contact, ['mailto:admin@example.org']);
    assert.deepEqual((await updateContact(session, [], peer.signal)).contact, []);
    assert.equal((await getAccount(session, peer.signal)).status, 'valid');
  });

  test('the key is changed, the old one is refused, and changing again is harmless', async (t) => {
    const peer = await start(t);
    const session = await register(peer);
    const newKey = await generateKey('P-384');
    const changed = await changeAccountKey(session, newKey, peer.signal);
    await issue(changed, ['example.org'], peer.signal);
    await assert.rejects(getAccount(session, peer.signal));
    // As after a crash between the CA's answer and saving it: the call is made again with both keys as they were.
    assert.equal((await changeAccountKey(session, newKey, peer.signal)).thumbprint, changed.thumbprint);
    const other = await register(peer);
    await assert.rejects(changeAccountKey(other, newKey, peer.signal), { code: 'acme-conflict' });
  });

  test('a deactivated account is of no use any more', async (t) => {
    const peer = await start(t);
    const privateKey = await generateKey('P-256');
    const session = await registerAccount(peer.client, { privateKey, termsOfServiceAgreed }, peer.signal);
    assert.equal((await deactivateAccount(session, peer.signal)).status, 'deactivated');
    await assert.rejects(createOrder(session, named(['example.org']), peer.signal), { code: 'acme-unauthorized' });
    await assert.rejects(registerAccount(peer.client, { privateKey, termsOfServiceAgreed }, peer.signal), {
      code: 'acme-unauthorized',
    });
  });

  test('external accounts: required, wrong, right', async (t) => {
    const secret = randomBytes(48);
    const peer = await start(t, { externalAccounts: { 'kid-1': secret.toString('base64url') } });
    const privateKey = await generateKey('P-256');
    const register_ = (
      keyId?: string,
      hmacKey?: string,
      algorithm: 'HS256' | 'HS384' | 'HS512' = 'HS256',
    ): Promise<AcmeSession> => {
      const binding =
        keyId === undefined || hmacKey === undefined ? {} : { externalAccountBinding: { keyId, hmacKey, algorithm } };
      return registerAccount(peer.client, { privateKey, termsOfServiceAgreed, ...binding }, peer.signal);
    };
    const { meta } = await peer.client.directory(peer.signal);
    assert.equal(meta.externalAccountRequired, true);
    await assert.rejects(register_(), { code: 'acme-external-account-required' });
    await assert.rejects(register_('kid-2', secret.toString('base64url')), { code: 'acme-unauthorized' });
    await assert.rejects(register_('kid-1', randomBytes(48).toString('base64url')), { code: 'acme-unauthorized' });
    const session = await register_('kid-1', `${secret.toString('base64')}==`);
    await issue(session, ['example.org'], peer.signal);
  });
});

describe('certificates on Pebble', { skip }, () => {
  test('apex and wildcard, and the requests that it takes', async (t) => {
    const peer = await start(t);
    const session = await register(peer);
    peer.exchanges.length = 0;
    await issue(session, ['example.org', '*.example.org'], peer.signal);
    // newOrder, two authorizations, two challenges, finalize, certificate; the rest is asking whether it is done.
    const posts = peer.exchanges.filter(({ method, url }) => method === 'POST' && !url.includes('/my-order/'));
    assert.equal(posts.length, 7);
    assert.ok(peer.exchanges.filter(({ method }) => method === 'GET').length <= 1);
  });

  for (const percent of [50, 90]) {
    test(`${percent} % of good nonces rejected`, { timeout: 120_000 }, async (t) => {
      const peer = await start(t, { env: { PEBBLE_WFE_NONCEREJECT: String(percent) } });
      const session = await register(peer);
      const { chain } = await issue(session, ['example.org', '*.example.org', 'www.example.org'], peer.signal);
      assert.ok(peer.exchanges.some(({ status }) => status === 400));
      const changed = await changeAccountKey(session, await generateKey('P-256'), peer.signal);
      assert.equal(await revokeCertificate(changed, { certificateDer: leafOf(chain).der }, peer.signal), 'revoked');
    });
  }

  test('a hundred names', async (t) => {
    const peer = await start(t);
    const names = Array.from({ length: 100 }, (_, n) => `n${n}.example.org`);
    const { chain } = await issue(await register(peer), names, peer.signal);
    assert.equal(leafOf(chain).names.length, 100);
  });

  test('authorizations are reused: the order is ready at once', async (t) => {
    const peer = await start(t, { env: { PEBBLE_AUTHZREUSE: '100' } });
    const session = await register(peer);
    await issue(session, ['example.org', 'www.example.org'], peer.signal);
    const order = await createOrder(session, named(['example.org', 'www.example.org']), peer.signal);
    assert.equal(order.status, 'ready');
    const mixed = await createOrder(session, named(['example.org', 'new.example.org']), peer.signal);
    const states = await Promise.all(
      mixed.authorizationUrls.map(async (url) => (await getAuthorization(session, url, peer.signal)).status),
    );
    assert.deepEqual(states.toSorted(), ['pending', 'valid']);
    await issue(session, ['example.org', 'www.example.org'], peer.signal);
  });

  test('Retry-After in both forms, as Pebble mixes them', async (t) => {
    const peer = await start(t, { retryAfter: { authz: 1, order: 1 } });
    const session = await register(peer);
    const waits = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        const names = [`n${n}.example.org`];
        const ready = await prove(session, await createOrder(session, named(names), peer.signal), peer.signal);
        const csr = await createCsr({ privateKey: await generateKey('P-256'), names });
        const { retryAfter } = await finalizeOrder(session, ready, csr, peer.signal);
        return (retryAfter ?? 0) - Date.now();
      }),
    );
    // Whole seconds in both headers: a date may be up to a second early.
    for (const wait of waits) assert.ok(wait > -1000 && wait <= 1000, `${wait} ms`);
  });

  test('finalize too early, an order of somebody else, a CSR with the account key', async (t) => {
    const peer = await start(t);
    const accountKey = await generateKey('P-256');
    const session = await registerAccount(peer.client, { privateKey: accountKey, termsOfServiceAgreed }, peer.signal);
    const names = ['example.org'];
    const order = await createOrder(session, named(names), peer.signal);
    const csr = await createCsr({ privateKey: await generateKey('P-256'), names });
    await assert.rejects(finalizeOrder(session, order, csr, peer.signal), {
      code: 'acme-order-not-ready',
      retry: { kind: 'backoff' },
    });
    await assert.rejects(getOrder(await register(peer), order.url, peer.signal), { code: 'acme-unauthorized' });
    await assert.rejects(getOrder(session, `${order.url}x`, peer.signal), { code: 'acme-not-found' });
    const ready = await prove(session, order, peer.signal);
    const wrong = await createCsr({ privateKey: accountKey, names });
    await assert.rejects(finalizeOrder(session, ready, wrong, peer.signal), { code: 'acme-bad-csr' });
  });

  test('a name that the CA refuses is told with its subproblem', async (t) => {
    const peer = await start(t, { blockedNames: ['blocked.example'] });
    const session = await register(peer);
    await assert.rejects(createOrder(session, named(['good.example.org', 'www.blocked.example']), peer.signal), {
      code: 'acme-rejected-identifier',
      message: /www\.blocked\.example/,
      retry: { kind: 'never' },
    });
  });

  test('profiles: one that is offered, and one that is not', async (t) => {
    const profiles = { short: { description: 'six days', validityPeriod: 6 * 86_400 } };
    const peer = await start(t, { profiles });
    const session = await register(peer);
    const { meta } = await peer.client.directory(peer.signal);
    assert.equal(meta.profiles.get('short'), 'six days');
    const { chain, order } = await issue(session, ['example.org'], peer.signal, { profile: 'short' });
    assert.equal(order.profile, 'short');
    const leaf = leafOf(chain);
    assert.ok(leaf.notAfter - leaf.notBefore <= 6 * 86_400_000);
    await assert.rejects(createOrder(session, { ...named(['example.org']), profile: 'long' }, peer.signal), {
      code: 'acme-invalid-profile',
    });
  });

  test('alternate chains are found by the name of their root', async (t) => {
    const peer = await start(t, { env: { PEBBLE_ALTERNATE_ROOTS: '2', PEBBLE_CHAIN_LENGTH: '2' } });
    const session = await register(peer);
    const { order } = await issue(session, ['example.org'], peer.signal);
    const downloaded = await downloadCertificate(session, order.certificateUrl ?? '', peer.signal);
    assert.equal(downloaded.alternates.length, 2);
    for (const index of [0, 1, 2]) {
      const { subject } = leafOf(await peer.pebble.issuingRoot(index));
      const chosen = await chooseChain(downloaded, subject, peer.signal);
      assert.equal(chosen.found, true);
      assert.equal(parseChain(chosen.chain).at(-1)?.issuer, subject);
    }
    assert.deepEqual(await chooseChain(downloaded, 'No Such Root', peer.signal), {
      chain: downloaded.chain,
      found: false,
    });
  });

  test('the list of orders is read over all its pages', async (t) => {
    const peer = await start(t, { env: { PEBBLE_WFE_ORDERS_PER_PAGE: '3' } });
    const session = await register(peer);
    assert.deepEqual(await listOrders(session, peer.signal), []);
    const made: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      made.push((await createOrder(session, named([`n${n}.example.org`]), peer.signal)).url);
    }
    assert.deepEqual((await listOrders(session, peer.signal))?.toSorted(), made.toSorted());
  });
});

describe('revocation and renewal on Pebble', { skip }, () => {
  test('revoked by the account, with a reason; a second time is no error; by a stranger it is refused', async (t) => {
    const peer = await start(t);
    const session = await register(peer);
    const { chain } = await issue(session, ['example.org'], peer.signal);
    const certificateDer = leafOf(chain).der;
    await assert.rejects(revokeCertificate(await register(peer), { certificateDer }, peer.signal), {
      code: 'acme-unauthorized',
    });
    assert.equal(await revokeCertificate(session, { certificateDer, reason: 4 }, peer.signal), 'revoked');
    assert.equal(await revokeCertificate(session, { certificateDer, reason: 4 }, peer.signal), 'was-revoked');
  });

  test('revoked by the key of the certificate, without an account', async (t) => {
    const peer = await start(t);
    const { chain, privateKey } = await issue(await register(peer), ['example.org'], peer.signal);
    const by = { client: peer.client, privateKey };
    const certificateDer = leafOf(chain).der;
    assert.equal(await revokeCertificate(by, { certificateDer, reason: 1 }, peer.signal), 'revoked');
    assert.equal(await revokeCertificate(by, { certificateDer }, peer.signal), 'was-revoked');
  });

  test('renewal information: a window ahead, in the past once revoked; replaces, and replaced already', async (t) => {
    const peer = await start(t);
    const session = await register(peer);
    const { chain } = await issue(session, ['example.org'], peer.signal);
    const leaf = leafOf(chain);
    const id = certificateId(leaf);
    const info = await getRenewalInfo(peer.client, id, peer.signal);
    assert.ok(info !== undefined && info.suggestedWindow.start > Date.now());
    assert.ok(info.suggestedWindow.end < leaf.notAfter && info.retryAfter > Date.now());

    const renewed = await issue(session, ['example.org'], peer.signal, { replaces: id });
    assert.equal(renewed.order.replaces, id);
    // Replaced once, it cannot be replaced again: the order is made all the same, without saying so.
    const again = await createOrder(session, { ...named(['example.org']), replaces: id }, peer.signal);
    assert.equal(again.replaces, undefined);
    assert.ok(['pending', 'ready'].includes(again.status));

    await revokeCertificate(session, { certificateDer: leaf.der }, peer.signal);
    const past = await getRenewalInfo(peer.client, id, peer.signal);
    assert.ok(past !== undefined && past.suggestedWindow.end <= Date.now());
    await assert.rejects(getRenewalInfo(peer.client, 'AAAA.BBBB', peer.signal));
  });
});
