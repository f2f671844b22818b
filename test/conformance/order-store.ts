import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { parseCertificateName, parseDomainName } from '../../src/core/domain-name.ts';
import type { OrderRecord, OrderState } from '../../src/issuance/order-record.ts';
import type { Attempts, OrderStore } from '../../src/issuance/ports.ts';

/** A store under test. `reopen` gives what another process would find after this one was killed now. */
export interface StoreUnderTest<Store> {
  readonly store: Store;
  readonly reopen: () => Store | Promise<Store>;
}

const orderUrl = 'https://ca.example/order/1';
const challenges = [
  {
    name: parseDomainName('_acme-challenge.example.org'),
    target: parseDomainName('0d0b7b1e.auth.example.net'),
    value: 'v'.repeat(43),
    authorizationUrl: 'https://ca.example/authz/1',
    challengeUrl: 'https://ca.example/chall/1',
  },
];
const failure = { code: 'acme-caa', message: 'the CA may not', notBefore: undefined, permanent: true };

/** One of each step: a store must keep every member of every state. */
export const statesOfAllSteps: readonly OrderState[] = [
  { step: 'created' },
  { step: 'ordering' },
  { step: 'ordered', orderUrl, authorizationUrls: ['https://ca.example/authz/1'] },
  { step: 'presenting', orderUrl, challenges },
  { step: 'accepting', orderUrl, challenges },
  { step: 'validating', orderUrl, challenges, since: 1_700_000_000_123 },
  { step: 'finalizing', orderUrl, challenges: [], since: 1 },
  { step: 'downloading', orderUrl, challenges, certificateUrl: 'https://ca.example/cert/1' },
  { step: 'issued', orderUrl, challenges, chain: '-----BEGIN CERTIFICATE-----\n' },
  { step: 'cleaning', orderUrl, challenges, outcome: { kind: 'delivered' }, retryAt: 0 },
  {
    step: 'cleaning',
    orderUrl: undefined,
    challenges,
    outcome: { kind: 'abandoned', code: 'order-gone', message: 'it is gone' },
    retryAt: 5,
  },
  { step: 'failing', orderUrl: undefined, challenges, failure },
  { step: 'failing', orderUrl, challenges, failure: { ...failure, notBefore: 7, permanent: false } },
];

export function orderRecord(state: OrderState, id = 'example.org'): OrderRecord {
  return {
    certificate: {
      id,
      names: ['example.org', '*.example.org'].map(parseCertificateName),
      ca: 'https://ca.example/directory',
      keyType: 'P-256',
      profile: undefined,
      preferredChain: 'Some Root',
    },
    createdAt: 1_700_000_000_000,
    privateKey: '-----BEGIN PRIVATE KEY-----\n',
    replaces: 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE',
    leftovers: [{ name: parseDomainName('_acme-challenge.example.org'), value: 'w'.repeat(43) }],
    state,
  };
}

const attempts: Attempts = {
  failures: 3,
  lastFailureAt: 1_700_000_000_000,
  notBefore: 1_700_000_600_000,
  permanent: false,
  code: 'acme-dns',
  message: 'the CA could not validate "example.org": ünïcode\nand a second line',
  fingerprint: 'f'.repeat(32),
  countedOrder: 1_700_000_000_000,
};

/** A store may leave out members that are undefined. */
const asKept = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

/** The promise of OrderStore (issuance/ports.ts), for any implementation. */
export function testOrderStore(
  name: string,
  open: (t: TestContext) => StoreUnderTest<OrderStore> | Promise<StoreUnderTest<OrderStore>>,
): void {
  describe(`OrderStore: ${name}`, () => {
    for (const state of statesOfAllSteps) {
      test(`an order in the state ${state.step} is there for the next process`, async (t) => {
        const { store, reopen } = await open(t);
        const order = orderRecord(state);
        await store.saveOrder(order);
        for (const opened of [store, await reopen()]) {
          assert.deepEqual(asKept(await opened.loadOrder('example.org')), asKept(order));
        }
      });
    }

    test('a later state takes the place of an earlier one', async (t) => {
      const { store, reopen } = await open(t);
      for (const state of statesOfAllSteps) await store.saveOrder(orderRecord(state));
      assert.deepEqual(
        asKept((await (await reopen()).loadOrder('example.org'))?.state),
        asKept(statesOfAllSteps.at(-1)),
      );
    });

    test('saves that are not waited for are kept in their order', async (t) => {
      const { store, reopen } = await open(t);
      await Promise.all(statesOfAllSteps.map((state) => store.saveOrder(orderRecord(state))));
      assert.deepEqual(
        asKept((await (await reopen()).loadOrder('example.org'))?.state),
        asKept(statesOfAllSteps.at(-1)),
      );
    });

    test('certificates do not touch each other, and what is deleted is gone', async (t) => {
      const { store, reopen } = await open(t);
      await store.saveOrder(orderRecord({ step: 'created' }, 'a.example.org'));
      await store.saveOrder(orderRecord({ step: 'ordering' }, '_wildcard.a.example.org'));
      await store.deleteOrder('a.example.org');
      await store.deleteOrder('never.example.org');
      for (const opened of [store, await reopen()]) {
        assert.equal(await opened.loadOrder('a.example.org'), undefined);
        assert.equal((await opened.loadOrder('_wildcard.a.example.org'))?.state.step, 'ordering');
      }
    });

    test('failures in a row are kept apart from orders, and a success forgets them', async (t) => {
      const { store, reopen } = await open(t);
      assert.equal(await store.loadAttempts('example.org'), undefined);
      await store.saveAttempts('example.org', attempts);
      await store.saveOrder(orderRecord({ step: 'created' }));
      await store.deleteOrder('example.org');
      for (const opened of [store, await reopen()])
        assert.deepEqual(asKept(await opened.loadAttempts('example.org')), asKept(attempts));
      const permanent = { ...attempts, notBefore: undefined, permanent: true, countedOrder: undefined };
      await store.saveAttempts('example.org', permanent);
      assert.deepEqual(asKept(await (await reopen()).loadAttempts('example.org')), asKept(permanent));
      await store.saveAttempts('example.org', undefined);
      for (const opened of [store, await reopen()]) assert.equal(await opened.loadAttempts('example.org'), undefined);
    });
  });
}
