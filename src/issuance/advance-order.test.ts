import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { generateKey } from '../pki/key.ts';
import { advanceOrder } from './advance-order.ts';
import type { OrderRecord, OrderState, PendingChallenge } from './order-record.ts';
import type { OrderStep } from './order-step.ts';
import { interceptCalls } from './testing/intercept-calls.ts';
import { refuse } from './testing/scripted-acme.ts';
import { answerKey, createScriptedIssuance, targetOf } from './testing/scripted-issuance.ts';
import type { ScriptedIssuance } from './testing/scripted-issuance.ts';

const { signal } = new AbortController();
const MINUTE = 60_000;

/** Steps until the order is over, or until it has come to `until`; waits are taken at once. */
async function walk(s: ScriptedIssuance, order: OrderRecord, until?: OrderState['step']): Promise<OrderStep> {
  let step: OrderStep = { kind: 'again', order, after: 0, early: false };
  for (let count = 0; step.kind === 'again' && step.order.state.step !== until; count += 1) {
    assert.ok(count < 200, `it goes round in circles at ${step.order.state.step}`);
    s.clock.advance(step.after);
    step = await advanceOrder(step.order, s.orderDeps, { signal });
  }
  return step;
}

async function walkTo(s: ScriptedIssuance, step: OrderState['step']): Promise<OrderRecord> {
  const reached = await walk(s, await s.order({ step: 'created' }), step);
  assert.equal(reached.kind === 'again' && reached.order.state.step, step);
  assert.ok(reached.kind === 'again');
  return reached.order;
}

/** The record as another process finds it after a crash. */
async function reload(s: ScriptedIssuance): Promise<OrderRecord> {
  const order = await s.orderDeps.store.loadOrder('example.org');
  assert.ok(order, 'the order is gone');
  return order;
}

async function failureOf(s: ScriptedIssuance, order: OrderRecord) {
  const step = await walk(s, order);
  assert.equal(step.kind, 'failed', JSON.stringify(step));
  assert.ok(step.kind === 'failed');
  assert.equal(await s.orderDeps.store.loadOrder('example.org'), undefined);
  assert.deepEqual([...s.served], [], 'answers are left in DNS');
  return step.failure;
}

async function assertIssued(s: ScriptedIssuance, step: OrderStep): Promise<void> {
  assert.deepEqual(step, { kind: 'done', outcome: { kind: 'delivered' } });
  assert.equal(s.delivered.size, 1);
  assert.equal(s.acme.count('createOrder'), 1);
  assert.equal(s.acme.count('finalizeOrder'), 1);
  assert.deepEqual([...s.served], []);
  assert.equal(await s.orderDeps.store.loadOrder('example.org'), undefined);
}

describe('the walk of an order', () => {
  test('apex and wildcard: every request once, and no more', async () => {
    const s = await createScriptedIssuance();
    await assertIssued(s, await walk(s, await s.order({ step: 'created' })));
    assert.deepEqual(s.acme.calls, [
      'createOrder',
      'getAuthorization /authz/1',
      'getAuthorization /authz/2',
      'acceptChallenge /challenge/1',
      'acceptChallenge /challenge/2',
      'getOrder /order/1',
      'finalizeOrder /order/1',
      'getOrder /order/1',
      'downloadChain /certificate/1',
    ]);
  });

  test('every event once, in the order of what happens', async () => {
    const s = await createScriptedIssuance();
    await walk(s, await s.order({ step: 'created' }));
    assert.deepEqual(s.eventTypes(), [
      'order.created',
      'challenge.presented',
      'challenge.accepted',
      'authorization.valid',
      'order.finalized',
      'certificate.issued',
      'certificate.delivered',
      'challenge.removed',
    ]);
    const target = targetOf('example.org');
    const name = parseDomainName('_acme-challenge.example.org');
    assert.deepEqual(s.events[1], { type: 'challenge.presented', certificate: 'example.org', name, target });
    assert.ok(!JSON.stringify(s.events).includes('PRIVATE'));
  });

  test('the state that announces an effect is stored before it', async () => {
    const s = await createScriptedIssuance();
    const seen: string[] = [];
    let stored = '';
    const { store, presenter, delivery, acme } = s.orderDeps;
    const noted = (method: string, call: () => unknown): unknown => {
      const reads = ['getOrder', 'getAuthorization', 'delegationTarget', 'dns01Value', 'current'];
      if (!reads.includes(method)) seen.push(`${stored}: ${method}`);
      return call();
    };
    const deps = {
      ...s.orderDeps,
      store: interceptCalls(store, async (method, call, [order]) => {
        const result = await call();
        if (method === 'saveOrder') stored = (order as OrderRecord).state.step;
        return result;
      }),
      presenter: interceptCalls(presenter, noted),
      delivery: interceptCalls(delivery, noted),
      acme: interceptCalls(acme, noted),
    };
    const order = await s.order({ step: 'created' });
    await walk({ ...s, orderDeps: deps }, order);
    assert.deepEqual(seen, [
      'ordering: createOrder',
      'presenting: present',
      'accepting: acceptChallenge',
      'accepting: acceptChallenge',
      'finalizing: finalizeOrder',
      'downloading: downloadChain',
      'issued: deliver',
      'cleaning: remove',
    ]);
  });

  test('all answers of an order are presented in one call, both values at the one name', async () => {
    const s = await createScriptedIssuance();
    const presented: number[] = [];
    const presenter = interceptCalls(s.orderDeps.presenter, (method, call, [answers]) => {
      if (method === 'present') presented.push(new Set((answers as PendingChallenge[]).map(answerKey)).size);
      return call();
    });
    const deps = { ...s.orderDeps, presenter };
    await walk({ ...s, orderDeps: deps }, await s.order({ step: 'created' }));
    assert.deepEqual(presented, [2]);
  });

  test('the CA has every authorization already: no challenge, nothing in DNS', async () => {
    const s = await createScriptedIssuance({ ready: true });
    await assertIssued(s, await walk(s, await s.order({ step: 'created' })));
    assert.equal(s.acme.count('getAuthorization'), 0);
    assert.ok(!s.eventTypes().includes('challenge.presented'));
  });

  test('the CA has some authorizations already: only the others are shown', async () => {
    const s = await createScriptedIssuance({ names: ['a.example.org', 'b.example.org', 'c.example.org'] });
    const order = await walkTo(s, 'ordered');
    const [first] = s.acme.authorizations.values();
    assert.ok(first);
    first.status = 'valid';
    await assertIssued(s, await walk(s, order));
    assert.equal(s.acme.count('acceptChallenge'), 2);
  });

  test('all authorizations became valid between the order and the look at them', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'ordered');
    for (const authorization of s.acme.authorizations.values()) authorization.status = 'valid';
    await assertIssued(s, await walk(s, order));
    assert.equal(s.acme.count('acceptChallenge'), 0);
  });

  test('challenges of unknown types and without a token stand beside ours', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'ordered');
    for (const authorization of s.acme.authorizations.values()) {
      const strange = { type: 'dns-persist-01', url: 'https://ca.example/strange', status: 'pending' };
      authorization.challenges = [...authorization.challenges, strange, { ...strange, type: 'dns-01' }];
    }
    await assertIssued(s, await walk(s, order));
  });

  test('what is remembered of failures is forgotten, and the renewal is planned', async () => {
    const s = await createScriptedIssuance();
    await s.orderDeps.store.saveAttempts('example.org', {
      failures: 2,
      lastFailureAt: 0,
      notBefore: 0,
      permanent: false,
      code: 'acme-dns',
      message: '',
      fingerprint: '',
    });
    await walk(s, await s.order({ step: 'created' }));
    assert.equal(await s.orderDeps.store.loadAttempts('example.org'), undefined);
    const renewal = await s.orderDeps.renewals.loadRenewal('example.org');
    assert.equal(renewal?.ca, s.request.ca);
    assert.equal(renewal?.announced, undefined, 'it is told of when the CA was asked for its window');
  });
});

describe('an order that is taken up again', () => {
  const steps = [
    'ordering',
    'ordered',
    'presenting',
    'accepting',
    'validating',
    'finalizing',
    'downloading',
    'issued',
    'cleaning',
  ] as const;

  /** Stops right before or after the effect that is tried in the state `step`, and leaves what a crash would leave. */
  async function crashIn(s: ScriptedIssuance, step: OrderState['step'], moment: 'before' | 'after'): Promise<void> {
    const crash = new Error('killed');
    const { store, acme, presenter, delivery } = s.orderDeps;
    const killed = async (method: string, call: () => unknown): Promise<unknown> => {
      if (method === 'delegationTarget') return call();
      const state = (await store.loadOrder('example.org'))?.state.step;
      if (state === step && moment === 'before') throw crash;
      const result = await call();
      if (state === step) throw crash;
      return result;
    };
    const deps = {
      ...s.orderDeps,
      acme: interceptCalls(acme, (method, call) => (method === 'dns01Value' ? call() : killed(method, call))),
      presenter: interceptCalls(presenter, killed),
      delivery: interceptCalls(delivery, killed),
    };
    const order = await s.order({ step: 'created' });
    await assert.rejects(walk({ ...s, orderDeps: deps }, order), crash);
  }

  for (const step of steps) {
    for (const moment of ['before', 'after'] as const) {
      test(`killed while ${step}, ${moment} its effect: the same order, one certificate`, async () => {
        const s = await createScriptedIssuance();
        await crashIn(s, step, moment);
        const order = await reload(s);
        assert.equal(order.state.step, step);
        const end = await walk(s, order);
        assert.deepEqual(end, { kind: 'done', outcome: { kind: 'delivered' } });
        assert.equal(s.acme.orders.length, 1);
        // A request that was never sent is sent again; one that was, is not.
        assert.equal(s.acme.orders.filter(({ status }) => status === 'valid').length, 1);
        assert.equal(s.acme.count('finalizeOrder'), 1);
        assert.equal(s.delivered.get('example.org')?.privateKey, order.privateKey);
        assert.deepEqual([...s.served], []);
      });
    }
  }

  test('an order that nobody noted is found in the account’s list: the newest one that is open and for the same names', async () => {
    const s = await createScriptedIssuance();
    const names = s.request.names;
    const make = (list: readonly string[]) =>
      s.acme.createOrder({ names: list, profile: undefined, replaces: undefined }, signal);
    await make(['example.org']);
    await make([...names, 'more.example.org']);
    const ours = await make(names.toReversed());
    for (const status of ['invalid', 'valid', 'processing'] as const) {
      await make(names);
      const last = s.acme.orders.at(-1);
      if (last !== undefined) last.status = status;
    }
    await make(names);
    const expired = s.acme.orders.at(-1);
    if (expired !== undefined) expired.expires = s.clock.now() - 1;
    const before = s.acme.orders.length;
    const step = await advanceOrder(await s.order({ step: 'ordering' }), s.orderDeps, { signal });
    assert.equal(s.acme.orders.length, before, 'another order was made');
    assert.deepEqual(step.kind === 'again' && step.order.state, {
      step: 'ordered',
      orderUrl: ours.url,
      authorizationUrls: ours.authorizationUrls,
    });
  });

  test('an order in the list that cannot be read is passed over', async () => {
    const s = await createScriptedIssuance();
    await s.acme.createOrder({ names: s.request.names, profile: undefined, replaces: undefined }, signal);
    s.acme.script('getOrder', refuse('acme-not-found', { status: 404 }));
    await advanceOrder(await s.order({ step: 'ordering' }), s.orderDeps, { signal });
    assert.equal(s.acme.orders.length, 2);
  });

  test('a CA without a list is asked for a new order', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('listOrders', () => undefined);
    await advanceOrder(await s.order({ step: 'ordering' }), s.orderDeps, { signal });
    assert.equal(s.acme.orders.length, 1);
  });

  test('an order that is valid at the CA by now is downloaded and not finalized again', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'finalizing');
    assert.equal((await s.acme.getOrder('https://ca.example/order/1', signal)).status, 'valid');
    await assertIssued(s, await walk(s, order));
  });
});

describe('a CA that takes its time', () => {
  test('an order that stays pending: looked at less and less often, then left for later, and kept', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'validating');
    for (const authorization of s.acme.authorizations.values()) authorization.status = 'pending';
    const began = s.clock.now();
    await assert.rejects(walk(s, order), (error: DomainError) => {
      assert.equal(error.code, 'order-timeout');
      assert.match(error.message, /did not finish looking at example\.org within 90 s/);
      assert.deepEqual(error.retry, { kind: 'backoff' });
      return true;
    });
    assert.equal(s.clock.now() - began, 90_000);
    assert.ok(s.acme.count('getOrder') < 60);
    // The next try has a deadline of its own.
    const kept = await reload(s);
    assert.equal(kept.state.step === 'validating' && kept.state.since, s.clock.now());
    for (const authorization of s.acme.authorizations.values()) authorization.status = 'valid';
    await assertIssued(s, await walk(s, kept));
  });

  test('an order that is processed for ever: left for later after five minutes, and kept', async () => {
    const s = await createScriptedIssuance({ processing: Infinity });
    const order = await walkTo(s, 'finalizing');
    const began = s.clock.now();
    await assert.rejects(walk(s, order), { code: 'order-timeout', retry: { kind: 'backoff' } });
    assert.ok(Math.abs(s.clock.now() - began - 5 * MINUTE) < 1000);
    assert.equal((await reload(s)).state.step, 'finalizing');
  });

  test('Retry-After of an order is honoured', async () => {
    const s = await createScriptedIssuance({ processing: 1 });
    const order = await walkTo(s, 'finalizing');
    const retryAfter = s.clock.now() + 3000;
    s.acme.script('getOrder', async (real) => ({ ...((await real()) as object), retryAfter }));
    const step = await advanceOrder(order, s.orderDeps, { signal });
    assert.equal(step.kind === 'again' && step.after, 3000);
    assert.equal(step.kind === 'again' && step.early, false);
  });

  test('a Retry-After of a day: looked at once more at the deadline, then not before an hour', async () => {
    const s = await createScriptedIssuance({ processing: Infinity });
    const order = await walkTo(s, 'finalizing');
    const retryAfter = s.clock.now() + 86_400_000;
    const looks = s.acme.count('getOrder');
    s.acme.script(
      'getOrder',
      ...Array.from({ length: 3 }, () => async (real: () => Promise<unknown>) => ({
        ...((await real()) as object),
        retryAfter,
      })),
    );
    await assert.rejects(walk(s, order), (error: DomainError) => {
      assert.deepEqual(error.retry, { kind: 'after', at: s.clock.now() + 60 * MINUTE });
      return true;
    });
    assert.equal(s.acme.count('getOrder') - looks, 2);
  });

  test('the CA says ready and then not ready: it is asked again, and finalized once it is', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'validating');
    s.acme.script('finalizeOrder', refuse('acme-order-not-ready', { status: 403 }));
    const end = await walk(s, order);
    assert.deepEqual(end, { kind: 'done', outcome: { kind: 'delivered' } });
    assert.equal(s.acme.orders.filter(({ status }) => status === 'valid').length, 1);
  });

  test('finalize is answered with an order that still says ready', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'validating');
    s.acme.script('finalizeOrder', async (real) => ({ ...((await real()) as object), status: 'ready' }));
    await assertIssued(s, await walk(s, order));
  });
});

describe('an order that cannot succeed', () => {
  const invalidate = (s: ScriptedIssuance, error: object, wildcardOnly = true) => {
    const [first, second] = s.acme.authorizations.values();
    for (const authorization of wildcardOnly ? [second] : [first, second]) {
      if (authorization === undefined) continue;
      authorization.status = 'invalid';
      authorization.challenges = authorization.challenges.map((challenge) => ({
        ...challenge,
        status: 'invalid',
        error: { type: 'unauthorized', detail: 'No TXT record found', subproblems: [], ...error },
      }));
    }
    if (first !== undefined && wildcardOnly) first.status = 'valid';
  };

  test('the CA did not see the answer: the reason names the domain and what the CA saw', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'validating');
    invalidate(s, { detail: 'Incorrect TXT record "abc" found at _acme-challenge.example.org' });
    const failure = await failureOf(s, order);
    assert.match(failure.message, /could not validate \*\.example\.org: Incorrect TXT record "abc" found/);
    assert.deepEqual([failure.code, failure.permanent], ['acme-unauthorized', false]);
  });

  test('two domains failed: both are named, each reason once', async () => {
    const s = await createScriptedIssuance({ names: ['a.example.org', 'b.example.org'] });
    const order = await walkTo(s, 'validating');
    invalidate(s, { type: 'dns', detail: 'SERVFAIL' }, false);
    const failure = await failureOf(s, order);
    assert.equal(failure.code, 'acme-dns');
    assert.deepEqual(
      failure.message.split('\n').map((line) => line.replace(/:.*/, '')),
      ['the CA could not validate a.example.org', 'the CA could not validate b.example.org'],
    );
  });

  test('a CAA record forbids it: only a person can help', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'validating');
    invalidate(s, { type: 'caa', detail: 'CAA record for example.org prevents issuance' });
    const failure = await failureOf(s, order);
    assert.deepEqual([failure.code, failure.permanent], ['acme-caa', true]);
    assert.equal((await s.orderDeps.store.loadAttempts('example.org'))?.permanent, true);
  });

  test('the order itself says why, with its parts', async () => {
    const s = await createScriptedIssuance({ processing: Infinity });
    const order = await walkTo(s, 'finalizing');
    const [placed] = s.acme.orders;
    assert.ok(placed);
    placed.status = 'invalid';
    placed.error = {
      type: 'compound',
      detail: 'Rechecking CAA failed',
      subproblems: [
        { type: 'caa', detail: 'forbidden', identifier: { type: 'dns', value: 'example.org' }, subproblems: [] },
      ],
    };
    const failure = await failureOf(s, order);
    assert.match(
      failure.message,
      /could not sign the certificate for example\.org, \*\.example\.org: Rechecking CAA failed; example\.org: forbidden/,
    );
    assert.equal(failure.permanent, true);
  });

  test('an authorization is refused before anything was shown', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'ordered');
    invalidate(s, { type: 'rejectedIdentifier', detail: 'Policy forbids it' });
    const failure = await failureOf(s, order);
    assert.deepEqual([failure.code, failure.permanent], ['acme-rejected-identifier', true]);
  });

  test('no dns-01 challenge is offered', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'ordered');
    for (const authorization of s.acme.authorizations.values()) {
      authorization.challenges = [{ type: 'http-01', url: 'https://ca.example/http', status: 'pending', token: 't' }];
    }
    const failure = await failureOf(s, order);
    assert.deepEqual([failure.code, failure.permanent], ['challenge-not-offered', true]);
    assert.match(failure.message, /no dns-01 challenge for example\.org \(it offers: http-01\)/);
  });

  const refusals = [
    { at: 'createOrder', code: 'acme-rejected-identifier', step: 'created' },
    { at: 'createOrder', code: 'acme-malformed', step: 'created' },
    { at: 'createOrder', code: 'acme-invalid-profile', step: 'created' },
    { at: 'createOrder', code: 'acme-paused', step: 'ordering' },
    { at: 'finalizeOrder', code: 'acme-bad-csr', step: 'validating' },
    { at: 'finalizeOrder', code: 'acme-caa', step: 'validating' },
    { at: 'getAuthorization', code: 'acme-user-action-required', step: 'ordered' },
  ] as const;
  for (const { at, code, step } of refusals) {
    test(`${at} is refused with ${code}: no retry, nothing left in DNS`, async () => {
      const s = await createScriptedIssuance();
      const order = step === 'created' || step === 'ordering' ? await s.order({ step }) : await walkTo(s, step);
      const calls = s.acme.count(at);
      s.acme.script(at, refuse(code, { retry: { kind: 'never' } }));
      const failure = await failureOf(s, order);
      assert.deepEqual([failure.code, failure.permanent], [code, true]);
      assert.equal(s.acme.count(at), calls + 1 + (at === 'getAuthorization' ? 1 : 0));
    });
  }

  const passing = [
    { at: 'createOrder', step: 'created' },
    { at: 'getAuthorization', step: 'ordered' },
    { at: 'acceptChallenge', step: 'accepting' },
    { at: 'getOrder', step: 'validating' },
    { at: 'finalizeOrder', step: 'validating' },
    { at: 'downloadChain', step: 'downloading' },
  ] as const;
  for (const { at, step } of passing) {
    for (const [title, retry] of [
      ['a fault that may pass', { kind: 'backoff' }],
      ['a rate limit', { kind: 'after', at: 1_800_000_000_000 }],
    ] as const) {
      test(`${at} meets ${title}: it is thrown, the order stays, and goes on the next time`, async () => {
        const s = await createScriptedIssuance();
        const order = step === 'created' ? await s.order({ step }) : await walkTo(s, step);
        // Some steps make several requests at once; one of them fails.
        s.acme.script(at, refuse('acme-server-internal', { status: 500, retry }));
        await assert.rejects(walk(s, order), { code: 'acme-server-internal', retry });
        const end = await walk(s, await reload(s));
        assert.deepEqual(end, { kind: 'done', outcome: { kind: 'delivered' } });
        assert.equal(s.acme.orders.length, 1);
        assert.deepEqual([...s.served], []);
      });
    }
  }

  test('a CA that has no newOrder for a moment (404) is no reason to give anything up', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('createOrder', refuse('acme-not-found', { status: 404 }));
    await assert.rejects(walk(s, await s.order({ step: 'created' })), { code: 'acme-not-found' });
    assert.equal((await reload(s)).state.step, 'ordering');
  });

  test('the answer to newOrder is lost: the order is found again', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('createOrder', refuse('acme-unreachable', {}, true));
    await assert.rejects(walk(s, await s.order({ step: 'created' })), { code: 'acme-unreachable' });
    await assertIssued(s, await walk(s, await reload(s)));
  });

  test('the answer to finalize is lost: the order tells that it was sent', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'validating');
    s.acme.script('finalizeOrder', refuse('acme-timeout', {}, true));
    await assert.rejects(walk(s, order), { code: 'acme-timeout' });
    await assertIssued(s, await walk(s, await reload(s)));
  });

  test('a challenge that was accepted before is refused now: the authorization tells that all is well', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'accepting');
    s.acme.script('acceptChallenge', refuse('acme-timeout', {}, true));
    await assert.rejects(walk(s, order), { code: 'acme-timeout' });
    await assertIssued(s, await walk(s, await reload(s)));
  });

  test('a challenge is refused that the CA has not looked at: that is the failure', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'accepting');
    s.acme.script('acceptChallenge', refuse('acme-malformed', { retry: { kind: 'never' } }));
    assert.equal((await failureOf(s, order)).code, 'acme-malformed');
  });

  test('the account is not known any more: thrown, for somebody has to register it again', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('createOrder', refuse('acme-account-does-not-exist', { retry: { kind: 'never' } }));
    await assert.rejects(walk(s, await s.order({ step: 'created' })), { code: 'acme-account-does-not-exist' });
    assert.equal((await reload(s)).state.step, 'ordering');
  });
});

describe('an order that is over without a reason to mend', () => {
  test('it is gone at the CA (404): given up, tidied, and no failure is counted', async () => {
    for (const step of ['ordered', 'accepting', 'validating', 'finalizing', 'downloading'] as const) {
      const s = await createScriptedIssuance();
      const order = await walkTo(s, step);
      for (const method of ['getOrder', 'getAuthorization', 'acceptChallenge', 'downloadChain'] as const) {
        s.acme.script(method, ...Array.from({ length: 9 }, () => refuse('acme-not-found', { status: 404 })));
      }
      const end = await walk(s, order);
      assert.equal(end.kind === 'done' && end.outcome.kind === 'abandoned' && end.outcome.code, 'order-gone', step);
      assert.deepEqual([...s.served], []);
      assert.equal(await s.orderDeps.store.loadAttempts('example.org'), undefined);
    }
  });

  test('it is invalid and nobody says why: it has expired', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'validating');
    const [placed] = s.acme.orders;
    assert.ok(placed);
    placed.status = 'invalid';
    const end = await walk(s, order);
    assert.match(
      end.kind === 'done' && end.outcome.kind === 'abandoned' ? end.outcome.message : '',
      /may have expired/,
    );
  });

  for (const status of ['expired', 'deactivated', 'revoked'] as const) {
    test(`an authorization is ${status}`, async () => {
      const s = await createScriptedIssuance();
      const order = await walkTo(s, 'ordered');
      for (const authorization of s.acme.authorizations.values()) authorization.status = status;
      const end = await walk(s, order);
      const message = end.kind === 'done' && end.outcome.kind === 'abandoned' ? end.outcome.message : '';
      assert.match(message, new RegExp(`\\*\\.example\\.org is ${status}`));
    });
  }
});

describe('the certificate is checked before it replaces anything', () => {
  test('for another key, for other names, no certificate at all', async () => {
    const s = await createScriptedIssuance();
    const good = s.acme.issue;
    const { createCsr } = await import('../pki/csr.ts');
    const names = [...s.request.names];
    const otherCsr = await createCsr({ privateKey: await generateKey('P-256'), names });
    const wrong: readonly [string, typeof good][] = [
      ['another key', (_, wanted) => good(otherCsr, wanted)],
      ['lacks \\*.example.org', (csr, wanted) => good(csr, wanted.slice(0, 1))],
      ['also for evil.example', (csr, wanted) => good(csr, [...wanted, 'evil.example'])],
      ['cannot be read', async () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
    ];
    for (const [said, issue] of wrong) {
      s.acme.issue = issue;
      const failure = await failureOf(s, await s.order({ step: 'created' }));
      assert.deepEqual([failure.code, failure.permanent], ['certificate-mismatch', false]);
      assert.match(failure.message, new RegExp(said));
    }
    assert.equal(s.delivered.size, 0);
    assert.ok(!s.eventTypes().includes('certificate.issued'));
  });

  test('the preferred chain is asked for', async () => {
    const s = await createScriptedIssuance();
    const asked: unknown[] = [];
    const acme = interceptCalls(s.orderDeps.acme, (method, call, [, preferred]) => {
      if (method === 'downloadChain') asked.push(preferred);
      return call();
    });
    const deps = { ...s.orderDeps, acme };
    const order = await s.order({ step: 'created' });
    await walk(
      { ...s, orderDeps: deps },
      { ...order, certificate: { ...order.certificate, preferredChain: 'Old Root' } },
    );
    assert.deepEqual(asked, ['Old Root']);
  });
});

describe('what is put into DNS is taken away', () => {
  test('removal fails after delivery: thrown, the certificate is in place, and the next call removes', async () => {
    const s = await createScriptedIssuance();
    s.faults.remove.push(new DomainError('acme-dns-unreachable', 'no answer', { retry: { kind: 'backoff' } }));
    await assert.rejects(walk(s, await s.order({ step: 'created' })), { code: 'acme-dns-unreachable' });
    assert.equal(s.delivered.size, 1);
    assert.equal(s.served.size, 2);
    await assertIssued(s, await walk(s, await reload(s)));
  });

  test('removal fails after a failure: it is counted once, however often removal is tried', async () => {
    const s = await createScriptedIssuance();
    const order = await walkTo(s, 'validating');
    s.acme.script('finalizeOrder', refuse('acme-bad-csr', { retry: { kind: 'never' } }));
    s.faults.remove.push(new Error('one'), new Error('two'));
    await assert.rejects(walk(s, order), /one/);
    s.clock.advance(MINUTE);
    await assert.rejects(walk(s, await reload(s)), /two/);
    const failure = await failureOf(s, await reload(s));
    assert.equal(failure.code, 'acme-bad-csr');
    assert.equal((await s.orderDeps.store.loadAttempts('example.org'))?.failures, 1);
  });

  test('what an order before it left is taken away too', async () => {
    const s = await createScriptedIssuance();
    const left = { name: parseDomainName('_acme-challenge.example.org'), value: 'left' };
    s.served.add(answerKey(left));
    const order = await s.order({ step: 'created' });
    await assertIssued(s, await walk(s, { ...order, leftovers: [left] }));
  });

  test('nothing is presented: nothing is removed', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('createOrder', refuse('acme-rejected-identifier', { retry: { kind: 'never' } }));
    s.faults.remove.push(new Error('must not be called'));
    assert.equal((await failureOf(s, await s.order({ step: 'created' }))).code, 'acme-rejected-identifier');
  });
});

test('an aborted signal stops before anything is done', async () => {
  const s = await createScriptedIssuance();
  const reason = new Error('stop');
  await assert.rejects(
    advanceOrder(await s.order({ step: 'created' }), s.orderDeps, { signal: AbortSignal.abort(reason) }),
    reason,
  );
  assert.deepEqual(s.acme.calls, []);
});

test('a fault of our own parts is no verdict of the CA: the order stays', async () => {
  const s = await createScriptedIssuance();
  s.faults.present.push(new DomainError('acme-dns-forbidden', 'no', { retry: { kind: 'never' } }));
  await assert.rejects(walk(s, await s.order({ step: 'created' })), { code: 'acme-dns-forbidden' });
  assert.equal((await reload(s)).state.step, 'presenting');
});
