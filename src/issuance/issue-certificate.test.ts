import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCertificateName, parseCertificateNames, parseDomainName } from '../core/domain-name.ts';
import { DomainError, DomainErrors } from '../core/error.ts';
import { parseChain } from '../pki/chain.ts';
import { keyTypeOf } from '../pki/key.ts';
import { issueCertificate, tidyUp } from './issue-certificate.ts';
import type { OrderState } from './order-record.ts';
import { interceptCalls } from './testing/intercept-calls.ts';
import { refuse } from './testing/scripted-acme.ts';
import { answerKey, createScriptedIssuance, targetOf } from './testing/scripted-issuance.ts';
import type { ScriptedIssuance } from './testing/scripted-issuance.ts';

const { signal } = new AbortController();
const MINUTE = 60_000;
const never = { retry: { kind: 'never' } } as const;
const missing = { kind: 'missing', fault: 'no-cname', message: 'add _acme-challenge.example.org. CNAME x.' } as const;

const issue = (s: ScriptedIssuance, wait?: number | false) => issueCertificate(s.request, s.deps, { signal, wait });
const attemptsOf = (s: ScriptedIssuance) => s.deps.store.loadAttempts('example.org');
const orderOf = (s: ScriptedIssuance) => s.deps.store.loadOrder('example.org');
const failuresTold = (s: ScriptedIssuance) => s.events.filter(({ type }) => type === 'issuance.failed');

describe('issueCertificate', () => {
  test('from nothing to a certificate in place, every event once', async () => {
    const s = await createScriptedIssuance();
    const issued = await issue(s);
    assert.deepEqual(issued.facts.names, s.request.names);
    assert.equal(issued.tidied, true);
    assert.deepEqual(s.eventTypes(), [
      'delegation.registered',
      'delegation.seen',
      'order.created',
      'challenge.presented',
      'challenge.accepted',
      'authorization.valid',
      'order.finalized',
      'certificate.issued',
      'certificate.delivered',
      'challenge.removed',
    ]);
    assert.deepEqual([...s.served], []);
    assert.equal(await orderOf(s), undefined);
    assert.equal(s.opened.length, 1);
  });

  test('a second time: a fresh key, no registration told, and the CA hears which certificate is replaced', async () => {
    const s = await createScriptedIssuance();
    await issue(s);
    const first = s.delivered.get('example.org');
    s.events.length = 0;
    const replaced: unknown[] = [];
    const acme = interceptCalls(s.acme, (method, call, [order]) => {
      if (method === 'createOrder') replaced.push((order as { replaces?: string }).replaces);
      return call();
    });
    await issueCertificate(s.request, { ...s.deps, openAcme: async () => acme }, { signal });
    assert.notEqual(s.delivered.get('example.org')?.privateKey, first?.privateKey);
    assert.ok(!s.eventTypes().includes('delegation.registered'));
    assert.match(String(replaced[0]), /^[\w-]+\.[\w-]+$/);
  });

  test('another CA is not told what its predecessor issued', async () => {
    const s = await createScriptedIssuance();
    await issue(s);
    const replaced: unknown[] = [];
    const acme = interceptCalls(s.acme, (method, call, [order]) => {
      if (method === 'createOrder') replaced.push((order as { replaces?: string }).replaces);
      return call();
    });
    const request = { ...s.request, ca: 'https://other.example/directory' };
    await issueCertificate(request, { ...s.deps, openAcme: async () => acme }, { signal });
    assert.deepEqual(replaced, [undefined]);
  });

  test('nor is a CA told of a certificate that shares no name with the new one, which it would refuse', async () => {
    const s = await createScriptedIssuance();
    await issue(s);
    const replaced: unknown[] = [];
    const acme = interceptCalls(s.acme, (method, call, [order]) => {
      if (method === 'createOrder') replaced.push((order as { replaces?: string }).replaces);
      return call();
    });
    const request = { ...s.request, names: parseCertificateNames(['moved.example.org']) };
    await issueCertificate(request, { ...s.deps, openAcme: async () => acme }, { signal });
    assert.deepEqual(replaced, [undefined]);
  });

  test('the type of key that is asked for', async () => {
    const s = await createScriptedIssuance();
    const issued = await issueCertificate({ ...s.request, keyType: 'P-384' }, s.deps, { signal });
    const [leaf] = parseChain(issued.chain);
    assert.ok(leaf);
    assert.equal(keyTypeOf(leaf.publicKey), 'P-384');
  });

  test('each domain is looked at once, whatever names stand under it', async () => {
    const s = await createScriptedIssuance({ names: ['example.org', '*.example.org', 'a.example.org'] });
    await issue(s);
    const seen = s.events.flatMap((event) => (event.type === 'delegation.seen' ? [event.name] : []));
    assert.deepEqual(seen, ['_acme-challenge.example.org', '_acme-challenge.a.example.org']);
  });

  test('the CA is asked at once when it was seen asking for all names', async () => {
    const s = await createScriptedIssuance({ names: ['a.example.org', 'b.example.org'] });
    const watching: string[][] = [];
    let stops = 0;
    const deps = {
      ...s.deps,
      watchQuestions: (targets: readonly string[], onAsked: (question: { name: never; from: string }) => void) => {
        watching.push([...targets]);
        const ask = () => {
          // A stranger asks too, and the CA asks from several places.
          for (const name of ['stranger.example', ...targets, ...targets])
            onAsked({ name: name as never, from: '192.0.2.1' });
        };
        setImmediate(ask);
        return () => {
          stops += 1;
        };
      },
    };
    await issueCertificate(s.request, deps, { signal });
    assert.deepEqual(watching, [[targetOf('a.example.org'), targetOf('b.example.org')]]);
    assert.equal(stops, 1);
    const asked = s.events.flatMap((event) =>
      event.type === 'challenge.asked' ? [`${event.name} ${event.from}`] : [],
    );
    assert.deepEqual(asked, ['_acme-challenge.a.example.org 192.0.2.1', '_acme-challenge.b.example.org 192.0.2.1']);
    assert.ok(s.clock.sleeps.includes(15), `it slept ${s.clock.sleeps.join(', ')}`);
  });
});

describe('a CNAME that is missing', () => {
  test('nothing is spent at the CA; each fault is said once; it goes on by itself when the record is there', async () => {
    const s = await createScriptedIssuance();
    const elsewhere = { ...missing, fault: 'elsewhere', message: 'it leads elsewhere' };
    s.findings.set('example.org', [missing, missing, missing, elsewhere, elsewhere, missing]);
    const began = s.clock.now();
    await issue(s);
    const told = s.events.flatMap((event) => (event.type === 'delegation.needed' ? [event.message] : []));
    assert.deepEqual(told, [missing.message, elsewhere.message, missing.message]);
    assert.equal(s.eventTypes().filter((type) => type === 'delegation.seen').length, 1);
    assert.ok(s.eventTypes().indexOf('delegation.seen') < s.eventTypes().indexOf('order.created'));
    assert.deepEqual(s.clock.sleeps.slice(0, 6), [1000, 1500, 2250, 3375, 5062.5, 7593.75]);
    assert.ok(s.clock.now() - began < MINUTE);
    assert.equal(failuresTold(s).length, 0);
  });

  test('a domain that was seen is not looked at again for the sake of another', async () => {
    const s = await createScriptedIssuance({ names: ['a.example.org', 'b.example.org'] });
    s.findings.set('b.example.org', [missing, missing]);
    await issue(s);
    const seen = s.events.flatMap((event) => (event.type === 'delegation.seen' ? [event.name] : []));
    assert.deepEqual(seen, ['_acme-challenge.a.example.org', '_acme-challenge.b.example.org']);
  });

  test('the look slows down to one in 30 s', async () => {
    const s = await createScriptedIssuance();
    s.findings.set(
      'example.org',
      Array.from({ length: 20 }, () => missing),
    );
    await issue(s);
    assert.equal(Math.max(...s.clock.sleeps), 30_000);
  });

  test('not to be waited for: every record to add is listed, no order is made, nothing is counted', async () => {
    const s = await createScriptedIssuance({ names: ['a.example.org', 'b.example.org', 'c.example.org'] });
    s.findings.set('a.example.org', [{ ...missing, message: 'add a' }]);
    s.findings.set('c.example.org', [{ ...missing, message: 'add c' }]);
    await assert.rejects(issue(s, false), (error: DomainErrors) => {
      assert.ok(error instanceof DomainErrors);
      assert.equal(error.code, 'cname-missing');
      assert.deepEqual(
        error.errors.map(({ message }) => message),
        ['add a', 'add c'],
      );
      return true;
    });
    assert.deepEqual(s.acme.calls, []);
    assert.deepEqual(s.opened, []);
    assert.equal(await orderOf(s), undefined);
    assert.equal(await attemptsOf(s), undefined);
    assert.equal(failuresTold(s).length, 1);
  });

  test('waited for as long as told, and no longer', async () => {
    const s = await createScriptedIssuance();
    s.findings.set(
      'example.org',
      Array.from({ length: 99 }, () => missing),
    );
    const began = s.clock.now();
    await assert.rejects(issue(s, 10_000), { code: 'cname-missing' });
    assert.equal(s.clock.now() - began, 10_000);
  });

  test('a look that fails is no proof of anything: looked again', async () => {
    const s = await createScriptedIssuance();
    s.findings.set('example.org', [
      new DomainError('dns-timeout', 'no server answered', { retry: { kind: 'backoff' } }),
    ]);
    await issue(s);
    const needed = s.events.find(({ type }) => type === 'delegation.needed');
    assert.equal(needed?.type === 'delegation.needed' && needed.message, 'no server answered');
  });

  test('stopped while waiting: nothing is left behind, and nothing is told', async () => {
    const s = await createScriptedIssuance();
    const stop = new AbortController();
    s.findings.set('example.org', [missing, missing]);
    const deps = {
      ...s.deps,
      clock: { ...s.clock, now: () => s.clock.now(), sleep: async () => stop.abort(new Error('stopped')) },
    };
    const again = interceptCalls(deps.delegation, (_, call) => {
      stop.signal.throwIfAborted();
      return call();
    });
    await assert.rejects(
      issueCertificate(s.request, { ...deps, delegation: again }, { signal: stop.signal }),
      /stopped/,
    );
    assert.equal(await orderOf(s), undefined);
    assert.equal(failuresTold(s).length, 0);
  });
});

describe('an order in flight', () => {
  const leave = async (s: ScriptedIssuance, state: OrderState) => s.order(state);

  test('is gone on with, and said so', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('finalizeOrder', refuse('acme-timeout', {}, true), refuse('acme-timeout'));
    const stop = new AbortController();
    const clock = { now: () => s.clock.now(), sleep: async () => stop.abort(new Error('killed')) };
    await assert.rejects(issueCertificate(s.request, { ...s.deps, clock }, { signal: stop.signal }), /killed/);
    const found = await orderOf(s);
    assert.ok(found);
    assert.equal(await attemptsOf(s), undefined, 'being stopped is no failure');
    s.events.length = 0;
    await issue(s);
    assert.deepEqual(s.events[0], {
      type: 'order.resumed',
      certificate: 'example.org',
      url: 'https://ca.example/order/1',
      step: found.state.step,
    });
    assert.equal(s.acme.orders.length, 1);
    assert.equal(s.delivered.get('example.org')?.privateKey, found.privateKey);
  });

  test('for other names is given up: its answers are removed and a new one is made', async () => {
    const s = await createScriptedIssuance();
    const name = parseDomainName('_acme-challenge.old.example.org');
    const answer = { name, value: 'old' };
    s.served.add(answerKey(answer));
    const challenge = {
      ...answer,
      target: targetOf('old.example.org'),
      authorizationUrl: 'https://ca.example/a',
      challengeUrl: 'https://ca.example/c',
    };
    const order = await leave(s, {
      step: 'validating',
      orderUrl: 'https://ca.example/order/9',
      challenges: [challenge],
      since: s.clock.now(),
    });
    const names = ['old.example.org'].map(parseCertificateName);
    await s.deps.store.saveOrder({ ...order, certificate: { ...order.certificate, names } });
    await issue(s);
    assert.deepEqual(s.delivered.get('example.org')?.certificate.names, s.request.names);
    assert.notEqual(s.delivered.get('example.org')?.privateKey, order.privateKey);
    assert.ok(!s.acme.calls.includes('getOrder /order/9'));
    assert.deepEqual([...s.served], []);
  });

  test('that is issued is delivered while the CA cannot be reached', async () => {
    const s = await createScriptedIssuance();
    await issue(s);
    const chain = s.delivered.get('example.org')?.chain ?? '';
    const privateKey = s.delivered.get('example.org')?.privateKey ?? '';
    s.delivered.clear();
    const order = await leave(s, { step: 'issued', orderUrl: 'https://ca.example/order/1', challenges: [], chain });
    await s.deps.store.saveOrder({ ...order, privateKey });
    s.faults.openAcme.push(new DomainError('acme-unreachable', 'no route'));
    const issued = await issue(s);
    assert.equal(issued.chain, chain);
    assert.equal(s.acme.orders.length, 1);
  });

  test('deadlines begin anew: one that lay in the store for days is looked at with patience', async () => {
    const s = await createScriptedIssuance({ processing: 3 });
    await s.acme.createOrder({ names: s.request.names, profile: undefined, replaces: undefined }, signal);
    for (const authorization of s.acme.authorizations.values()) authorization.status = 'valid';
    const [placed] = s.acme.orders;
    assert.ok(placed);
    await s.acme.getOrder(placed.url, signal);
    const order = await s.order({ step: 'created' });
    const { createCsr } = await import('../pki/csr.ts');
    const csr = await createCsr({ privateKey: order.privateKey, names: s.request.names });
    await s.acme.finalizeOrder(placed, csr, signal);
    await leave(s, {
      step: 'finalizing',
      orderUrl: 'https://ca.example/order/1',
      challenges: [],
      since: s.clock.now() - 99 * MINUTE,
    });
    await issue(s);
    assert.equal(s.acme.orders.length, 1);
    assert.equal(s.acme.count('finalizeOrder'), 1);
  });

  test('that only has to be tidied makes way for a new one', async () => {
    const s = await createScriptedIssuance();
    await leave(s, {
      step: 'cleaning',
      orderUrl: 'https://ca.example/order/9',
      challenges: [],
      outcome: { kind: 'delivered' },
      retryAt: 0,
    });
    await issue(s);
    assert.equal(s.acme.orders.length, 1);
  });

  test('that has failed is told and counted first; asked for again, it makes way for a new one', async () => {
    const s = await createScriptedIssuance();
    const failure = { code: 'acme-caa', message: 'CAA forbids it', notBefore: undefined, permanent: true };
    const state = { step: 'failing', orderUrl: 'https://ca.example/order/9', challenges: [], failure } as const;
    const order = await leave(s, state);
    await assert.rejects(issue(s), { code: 'acme-caa' });
    await s.deps.store.saveOrder(order);
    await issue(s);
    assert.equal(s.acme.orders.length, 1);
    assert.equal(s.delivered.size, 1);
  });
});

describe('failures', () => {
  test('a verdict of the CA: told once, counted, and thrown with its reason', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('finalizeOrder', refuse('acme-bad-csr', never));
    await assert.rejects(issue(s), {
      code: 'acme-bad-csr',
      message: 'the CA says acme-bad-csr',
      retry: { kind: 'never' },
    });
    assert.deepEqual(failuresTold(s), [
      {
        type: 'issuance.failed',
        certificate: 'example.org',
        code: 'acme-bad-csr',
        message: 'the CA says acme-bad-csr',
        retryAt: undefined,
      },
    ]);
    assert.equal((await attemptsOf(s))?.permanent, true);
    assert.deepEqual([...s.served], []);
  });

  test('a fault that passes is met again in a moment, with the same order', async () => {
    const s = await createScriptedIssuance();
    const server = () => refuse('acme-server-internal', { status: 503 });
    s.acme.script('createOrder', server(), server());
    s.acme.script('getOrder', server(), server());
    s.faults.present.push(new DomainError('acme-dns-unreachable', 'x', { retry: { kind: 'backoff' } }));
    s.faults.deliver.push(new DomainError('file-not-writable', 'x', { retry: { kind: 'backoff' } }));
    await issue(s);
    assert.equal(s.acme.orders.length, 1);
    assert.equal(failuresTold(s).length, 0);
    assert.ok(s.clock.sleeps.every((sleep) => sleep <= 8000));
  });

  test('a fault that stays: the order is kept, the next try is within the hour, and goes on with it', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('getOrder', ...Array.from({ length: 5 }, () => refuse('acme-unreachable')));
    await assert.rejects(issue(s), { code: 'acme-unreachable' });
    assert.equal((await orderOf(s))?.state.step, 'validating');
    const attempts = await attemptsOf(s);
    assert.deepEqual(
      [attempts?.failures, attempts?.permanent, attempts?.notBefore],
      [1, false, s.clock.now() + MINUTE],
    );
    assert.equal(failuresTold(s).length, 1);
    await issue(s);
    assert.equal(s.acme.orders.length, 1);
    assert.equal(await attemptsOf(s), undefined);
  });

  test('a CA that is down for days is tried once an hour', async () => {
    const s = await createScriptedIssuance();
    for (let count = 0; count < 6; count += 1) {
      s.faults.openAcme.push(new DomainError('acme-unreachable', 'down', { retry: { kind: 'backoff' } }));
      await assert.rejects(issue(s), { code: 'acme-unreachable' });
    }
    assert.equal((await attemptsOf(s))?.notBefore, s.clock.now() + 60 * MINUTE);
    assert.equal((await attemptsOf(s))?.failures, 6);
  });

  for (const [title, wait, passes] of [
    ['a few seconds are waited for on the spot', 5000, true],
    ['hours are not', 3 * 60 * MINUTE, false],
  ] as const) {
    test(`Retry-After of a rate limit: ${title}`, async () => {
      const s = await createScriptedIssuance();
      const at = s.clock.now() + wait;
      s.acme.script('createOrder', refuse('acme-rate-limited', { status: 429, retry: { kind: 'after', at } }));
      if (passes) {
        await issue(s);
        assert.ok(s.clock.now() >= at);
      } else {
        await assert.rejects(issue(s), { code: 'acme-rate-limited' });
        assert.equal((await attemptsOf(s))?.notBefore, at);
        assert.equal(s.clock.sleeps.length, 0);
      }
    });
  }

  test('a defect of ours is not tried again and again, and is told as such', async () => {
    const s = await createScriptedIssuance();
    s.faults.present.push(new TypeError('x is not a function'));
    await assert.rejects(issue(s), TypeError);
    assert.equal((await attemptsOf(s))?.code, 'internal');
    assert.deepEqual(s.clock.sleeps, []);
  });

  test('an order that is gone is made anew, at once', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('getOrder', refuse('acme-not-found', { status: 404 }));
    await issue(s);
    assert.equal(s.acme.orders.length, 2);
    assert.equal(failuresTold(s).length, 0);
    assert.deepEqual([...s.served], []);
  });

  test('orders that are gone again and again are a failure', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('getOrder', ...Array.from({ length: 9 }, () => refuse('acme-not-found', { status: 404 })));
    await assert.rejects(issue(s), { code: 'order-gone' });
    assert.ok(s.acme.orders.length <= 2);
    assert.equal((await attemptsOf(s))?.failures, 1);
  });

  test('an account that the CA has forgotten is registered again, and the order made anew', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('createOrder', refuse('acme-account-does-not-exist', never));
    await issue(s);
    assert.deepEqual(s.opened, [false, true]);

    const later = await createScriptedIssuance();
    later.acme.script('getOrder', refuse('acme-account-does-not-exist', never));
    await issue(later);
    assert.deepEqual(later.opened.slice(0, 2), [false, true]);
    assert.equal(later.acme.orders.length, 2);
    assert.deepEqual([...later.served], []);
  });

  test('an account that is forgotten again and again is a failure', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('createOrder', ...Array.from({ length: 9 }, () => refuse('acme-account-does-not-exist', never)));
    await assert.rejects(issue(s), { code: 'acme-account-does-not-exist' });
    assert.equal(s.acme.count('createOrder'), 2);
  });
});

describe('answers that cannot be taken away', () => {
  const fault = () => new DomainError('acme-dns-unreachable', 'no answer', { retry: { kind: 'backoff' } });

  test('the certificate is issued all the same; tidyUp does it later', async () => {
    const s = await createScriptedIssuance();
    s.faults.remove.push(...Array.from({ length: 5 }, fault));
    const issued = await issue(s);
    assert.equal(issued.tidied, false);
    assert.equal(failuresTold(s).length, 0);
    assert.equal(s.served.size, 2);
    const kept = await orderOf(s);
    assert.equal(kept?.state.step === 'cleaning' && kept.state.retryAt, s.clock.now() + MINUTE);
    assert.equal(await tidyUp(s.request, s.deps, { signal }), true);
    assert.deepEqual([...s.served], []);
    assert.equal(await orderOf(s), undefined);
    assert.equal(s.acme.orders.length, 1);
  });

  test('a failed order is told as failed, not as untidy', async () => {
    const s = await createScriptedIssuance();
    s.acme.script('finalizeOrder', refuse('acme-caa', never));
    s.faults.remove.push(...Array.from({ length: 5 }, fault));
    await assert.rejects(issue(s), { code: 'acme-caa' });
    const kept = await orderOf(s);
    assert.equal(kept?.state.step === 'cleaning' && kept.state.retryAt, s.clock.now() + MINUTE);
    s.faults.remove.push(...Array.from({ length: 5 }, fault));
    assert.equal(await tidyUp(s.request, s.deps, { signal }), false);
    assert.equal(await tidyUp(s.request, s.deps, { signal }), true);
    assert.equal(await tidyUp(s.request, s.deps, { signal }), true, 'nothing to do is well too');
    assert.deepEqual([...s.served], []);
    assert.equal((await attemptsOf(s))?.failures, 1);
  });

  test('they do not stand in the way of the next order, which takes them along', async () => {
    const s = await createScriptedIssuance();
    s.faults.remove.push(...Array.from({ length: 10 }, fault));
    await issue(s);
    const issued = await issue(s);
    assert.equal(s.acme.orders.length, 2);
    assert.equal(issued.tidied, true);
    assert.deepEqual([...s.served], []);
  });

  test('tidyUp leaves an order that is under way alone', async () => {
    const s = await createScriptedIssuance();
    await s.order({ step: 'ordering' });
    assert.equal(await tidyUp(s.request, s.deps, { signal }), false);
    assert.equal((await orderOf(s))?.state.step, 'ordering');
  });
});
