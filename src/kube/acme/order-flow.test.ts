import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DomainError } from '../../core/error.ts';
import { acmeError, refuse } from '../../issuance/testing/scripted-acme.ts';
import { conditionOf } from '../conditions.ts';
import { challengeResource } from '../schema/challenge.ts';
import { issuerResource } from '../schema/issuer.ts';
import { orderResource } from '../schema/order.ts';
import { acmeInMemory } from './testing/acme-in-memory.ts';

const LIMIT = { timeout: 20_000 };
const NAMES = ['example.org', '*.example.org'];
const MINUTE = 60_000;

describe('an order that goes well', () => {
  test('apex and wildcard at once, and nothing is left behind', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    await world.request('web-1', NAMES);
    const made = await world.sign('web-1');
    const { metadata, spec } = world.order('web-1');
    assert.equal(
      made.kind === 'pending' && made.message,
      `Waiting on certificate issuance from order default/${metadata.name}: "pending"`,
    );
    assert.match(metadata.name, /^web-1-\d+$/);
    assert.deepEqual(metadata.labels, { team: 'web' });
    assert.deepEqual(metadata.annotations, { note: 'kept' });
    assert.deepEqual(spec.dnsNames, NAMES);
    await world.until(() => world.challenges().length === 2);
    const specs = world.challenges().map((challenge) => challenge.spec);
    assert.deepEqual(specs.map(({ dnsName, wildcard, type }) => `${type} ${dnsName} ${wildcard}`).toSorted(), [
      'DNS-01 example.org false',
      'DNS-01 example.org true',
    ]);
    await world.until(() => world.order('web-1').status?.state === 'valid');
    const signed = await world.sign('web-1');
    assert.match(signed.kind === 'issued' ? signed.certificate : '', /^-----BEGIN CERTIFICATE-----/);
    assert.equal(signed.kind === 'issued' && signed.ca, undefined);
    await world.until(() => world.challenges().length === 0);
    assert.deepEqual([...world.served], []);
    assert.equal(world.ca.count('createOrder'), 1);
    assert.equal(world.ca.count('listOrders'), 0, 'what was just made cannot be at the CA yet');
    assert.equal(world.ca.count('finalizeOrder'), 1);
    assert.deepEqual(world.kube.events, []);
    assert.deepEqual(world.kube.problems, []);
  });

  test('what the CA still holds for valid needs no challenge', LIMIT, async (t) => {
    const world = await acmeInMemory(t, { ready: true });
    await world.request('web-1', NAMES);
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.state === 'valid');
    assert.deepEqual(
      world.kube.writes.filter((write) => write.includes('Challenge')),
      [],
    );
  });

  test('an order whose certificate was not fetched before a restart', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    await world.request('web-1', NAMES);
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.state === 'valid');
    const order = world.order('web-1');
    const { certificate: _, ...status } = order.status ?? {};
    world.kube.put(orderResource, { ...order, status: { ...status, certificate: undefined } });
    await world.until(() => world.order('web-1').status?.certificate !== undefined);
    assert.equal(world.ca.count('createOrder'), 1);
    assert.equal(world.ca.count('finalizeOrder'), 1);
  });
});

describe('before anything is ordered', () => {
  test('the delegations are there, and what is missing is said', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    world.undelegated.add('example.org').add('example.net');
    await world.request('web-1', ['example.org', '*.example.org', 'example.net', 'good.example']);
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.reason !== undefined);
    assert.deepEqual(world.order('web-1').status, {
      state: 'pending',
      reason:
        'add at your DNS provider:  _acme-challenge.example.org.  CNAME  example-org.auth.example.net.\n' +
        'add at your DNS provider:  _acme-challenge.example.net.  CNAME  example-net.auth.example.net.',
    });
    const said = await world.sign('web-1');
    assert.match(said.kind === 'pending' ? said.message : '', /: "pending": add at your DNS provider/);
    await world.kube.clock.advance(5 * MINUTE);
    assert.equal(world.ca.count('createOrder'), 0);
    assert.deepEqual(
      world.kube.events.map(({ event }) => event.reason),
      ['DelegationMissing'],
      'told once',
    );
    world.undelegated.clear();
    await world.until(() => world.order('web-1').status?.state === 'valid', 20_000);
    assert.equal(world.order('web-1').status?.reason, undefined);
  });

  test('a solver that is not built is said, and another one goes on', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    world.solvers([{ http01: { ingress: {} } }, { dns01: { acmeDNS: {} } }]);
    await world.request('web-1', ['example.org']);
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.reason !== undefined);
    assert.match(world.order('web-1').status?.reason ?? '', /^example\.org cannot be validated: .*HTTP-01/);
    assert.deepEqual(
      world.kube.events.map(({ event }) => event.reason),
      ['Solver'],
    );
    world.solvers([{ dns01: { acmeDNS: {} } }]);
    await world.until(() => world.order('web-1').status?.state === 'valid');
  });

  for (const [what, names, said] of [
    ['a name that is none', ['not_a_host.example.org'], /"not_a_host\.example\.org" is not a usable domain name/],
    [
      'a name without a place for its answer',
      [`${`${'a'.repeat(60)}.`.repeat(4)}example`],
      /is not a usable domain name/,
    ],
  ] as const) {
    test(`${what}: the order fails, and nothing is asked of the CA`, LIMIT, async (t) => {
      const world = await acmeInMemory(t);
      await world.request('web-1', names);
      await world.sign('web-1');
      await world.until(() => world.order('web-1').status?.state === 'errored');
      assert.match(world.order('web-1').status?.reason ?? '', said);
      assert.deepEqual(world.ca.calls, []);
    });
  }

  test('one delegation that is wrong among sixty that are right', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    world.undelegated.add('wrong.example.org');
    const names = ['wrong', ...Array.from({ length: 60 }, (_, index) => `good${index}`)];
    for (const name of names) {
      await world.request(`${name}-1`, [`${name}.example.org`]);
      await world.sign(`${name}-1`);
    }
    await world.until(() => names.slice(1).every((name) => world.order(`${name}-1`).status?.state === 'valid'), MINUTE);
    assert.match(world.order('wrong-1').status?.reason ?? '', /add at your DNS provider/);
    assert.equal(world.ca.count('createOrder'), 60);
  });

  test('who waits in place of looking is not looked at', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    world.undelegated.add('example.org');
    world.solvers([{ dns01: { acmeDNS: {} }, waitInsteadOfSelfCheck: '30s' }]);
    await world.request('web-1', ['example.org']);
    await world.sign('web-1');
    await world.until(() => world.challenges()[0]?.status?.presented === true);
    const [challenge] = world.challenges();
    assert.equal(challenge?.status?.reason, 'Waiting 30s before accepting DNS-01 challenge without self-check');
    await world.kube.clock.advance(25_000);
    assert.equal(world.ca.count('acceptChallenge'), 0);
    await world.until(() => world.order('web-1').status?.state === 'valid', 20_000);
    assert.equal(world.looks.count, 0);
  });
});

describe('faults of the CA', () => {
  test('the answer to newOrder is lost: it is found again', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    world.ca.script('createOrder', refuse('acme-unreachable', {}, true));
    await world.request('web-1', NAMES);
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.state === 'valid');
    assert.equal(world.ca.count('createOrder'), 1);
    assert.equal(world.ca.count('listOrders'), 1);
  });

  test('a limit of the account: nobody asks before it is over', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    const at = world.kube.clock.now() + 30 * MINUTE;
    const detail = 'too many new orders (300) from this account in the last 3h0m0s';
    const problem = { type: 'rateLimited', detail, subproblems: [] };
    world.ca.script('createOrder', refuse('acme-rate-limited', { status: 429, problem, retry: { kind: 'after', at } }));
    await world.request('one-1', ['one.example.org']);
    await world.sign('one-1');
    await world.until(() => world.order('one-1').status?.reason !== undefined);
    await world.request('two-1', ['two.example.org']);
    await world.sign('two-1');
    await world.until(() => world.order('two-1').status?.reason !== undefined);
    assert.match(world.order('one-1').status?.reason ?? '', /it is tried again at 2026-01-01T00:30:\d\d/);
    assert.match(world.order('two-1').status?.reason ?? '', /no new orders from the account before 2026-01-01T00:30/);
    assert.equal(world.order('one-1').status?.state, 'pending');
    await world.kube.clock.advance(20 * MINUTE);
    assert.equal(world.ca.count('createOrder'), 1);
    await world.kube.clock.advance(9 * MINUTE);
    await world.until(
      () => ['one-1', 'two-1'].every((name) => world.order(name).status?.state === 'valid'),
      5 * MINUTE,
    );
  });

  test('a limit of one name: others are ordered', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    const at = world.kube.clock.now() + 30 * MINUTE;
    const problem = { type: 'rateLimited', detail: 'too many certificates (5) already issued', subproblems: [] };
    world.ca.script('createOrder', refuse('acme-rate-limited', { status: 429, problem, retry: { kind: 'after', at } }));
    await world.request('one-1', ['one.example.org']);
    await world.sign('one-1');
    await world.until(() => world.order('one-1').status?.reason !== undefined);
    await world.request('two-1', ['two.example.org']);
    await world.sign('two-1');
    await world.until(() => world.order('two-1').status?.state === 'valid', MINUTE);
    assert.equal(world.order('one-1').status?.state, 'pending');
  });

  test('a refusal for good: the order fails, and so does the request', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    world.ca.script('createOrder', refuse('acme-rejected-identifier', { status: 400, retry: { kind: 'never' } }));
    await world.request('web-1', NAMES);
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.state === 'errored');
    const { metadata, status } = world.order('web-1');
    assert.equal(status?.reason, 'the CA says acme-rejected-identifier');
    assert.ok(status?.failureTime !== undefined);
    assert.deepEqual(await world.sign('web-1'), {
      kind: 'failed',
      eventReason: 'OrderFailed',
      message: `Failed to wait for order resource "${metadata.name}" to become ready: order is in "errored" state: the CA says acme-rejected-identifier`,
    });
  });

  test('a CA that is away for an hour is asked again and again, and then it goes on', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    const back = world.kube.clock.now() + 60 * MINUTE;
    const away = async (real: () => Promise<unknown>) => {
      if (world.kube.clock.now() >= back) return real();
      throw acmeError('acme-unreachable');
    };
    world.ca.script('createOrder', ...Array.from({ length: 500 }, () => away));
    world.ca.script('listOrders', ...Array.from({ length: 500 }, () => away));
    await world.request('web-1', NAMES);
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.reason !== undefined);
    await world.kube.clock.advance(59 * MINUTE);
    await world.until(() => world.order('web-1').status?.state === 'valid', 5 * MINUTE);
    assert.ok(world.kube.clock.now() - back < MINUTE, 'soon after its return');
    assert.equal(world.kube.events.length, 1, 'told once');
  });

  test('what the CA saw at a name stands in the order', LIMIT, async (t) => {
    const world = await acmeInMemory(t, {
      wrapCalls: (calls) => ({
        ...calls,
        async acceptChallenge(url, signal) {
          await calls.acceptChallenge(url, signal).catch(() => {});
          const found = [...world.ca.authorizations.values()].find(({ challenges }) => challenges[0]?.url === url);
          assert.ok(found !== undefined);
          found.status = 'invalid';
          const error = { type: 'dns', detail: 'SERVFAIL looking up TXT', subproblems: [] };
          found.challenges = found.challenges.map((challenge) => ({ ...challenge, status: 'invalid', error }));
          return undefined;
        },
      }),
    });
    await world.request('web-1', ['example.org']);
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.state === 'invalid');
    assert.match(world.order('web-1').status?.reason ?? '', /could not validate example\.org: SERVFAIL looking up TXT/);
    const [challenge] = world.challenges();
    assert.equal(challenge?.status?.state, 'invalid');
    assert.deepEqual([challenge?.status?.presented, challenge?.status?.processing], [false, false]);
    assert.deepEqual([...world.served], []);
  });

  test('a challenge that is refused though the order waits: the order says so, and is not stuck', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    world.ca.script('acceptChallenge', refuse('acme-malformed', { status: 400, retry: { kind: 'never' } }));
    await world.request('web-1', ['example.org']);
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.state === 'errored');
    assert.equal(world.order('web-1').status?.reason, 'the CA says acme-malformed');
  });

  test('an order that the CA does not know any more is made anew, a few times', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    await world.request('web-1', ['example.org']);
    world.ca.script('acceptChallenge', async () => {
      for (const authorization of world.ca.authorizations.values()) authorization.status = 'expired';
      for (const order of world.ca.orders) order.status = 'invalid';
      throw acmeError('acme-not-found', { status: 404 });
    });
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.state === 'valid');
    assert.equal(world.ca.count('createOrder'), 2);
  });

  test('another certificate than was ordered is not handed on', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    const { issue } = world.ca;
    world.ca.issue = (csr) => issue(csr, ['other.example']);
    await world.request('web-1', ['example.org']);
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.state === 'errored');
    assert.match(world.order('web-1').status?.reason ?? '', /the certificate lacks example\.org/);
  });

  test('a CA that takes long to sign is waited for, and that is said', LIMIT, async (t) => {
    const world = await acmeInMemory(t, { processing: 150 });
    await world.request('web-1', ['example.org']);
    await world.sign('web-1');
    await world.until(() => world.ca.count('finalizeOrder') === 1);
    await world.kube.clock.advance(5 * MINUTE);
    await world.until(() => /has not signed within 5 minutes/.test(world.order('web-1').status?.reason ?? ''), MINUTE);
    assert.equal(world.order('web-1').status?.state, 'pending');
    await world.kube.clock.advance(40 * MINUTE);
    await world.until(() => world.order('web-1').status?.state === 'valid', 5 * MINUTE);
    assert.equal(world.ca.count('finalizeOrder'), 1);
  });
});

describe('an account', () => {
  const refused = (code: 'acme-unauthorized' | 'acme-account-does-not-exist') =>
    refuse(code, { status: 403, retry: { kind: code === 'acme-unauthorized' ? 'backoff' : 'never' } });

  for (const code of ['acme-unauthorized', 'acme-account-does-not-exist'] as const) {
    test(`that the CA refuses (${code}) and then is good: its order goes on`, LIMIT, async (t) => {
      const world = await acmeInMemory(t);
      world.ca.script('createOrder', refused(code));
      await world.request('web-1', ['example.org']);
      await world.sign('web-1');
      const ready = () => conditionOf(world.kube.get(issuerResource, 'ca')?.status?.conditions, 'Ready');
      await world.until(() => ready()?.status === 'False');
      assert.equal(ready()?.reason, 'ErrVerifyACMEAccount');
      await world.until(() => world.order('web-1').status?.reason === 'the issuer "ca" is not ready');
      await world.setUpIssuer();
      await world.until(() => world.order('web-1').status?.state === 'valid', MINUTE);
    });

    test(`that is good, but not for this order (${code}): it is made anew`, LIMIT, async (t) => {
      const world = await acmeInMemory(t);
      world.ca.script('getOrder', refused(code), refused(code));
      await world.request('web-1', ['example.org']);
      await world.sign('web-1');
      await world.until(() => world.kube.get(issuerResource, 'ca')?.status?.conditions?.[0]?.status === 'False');
      await world.setUpIssuer();
      // What the CA had of it is not to be found again.
      for (const order of world.ca.orders) order.status = 'invalid';
      await world.until(() => world.order('web-1').status?.state === 'valid', 5 * MINUTE);
      assert.equal(world.ca.count('createOrder'), 2);
      assert.equal(world.kube.get(issuerResource, 'ca')?.status?.conditions?.[0]?.status, 'True', 'not doubted twice');
    });
  }
});

describe('challenges', () => {
  test('one that cannot be put in place holds no slot, and is tried again', LIMIT, async (t) => {
    const world = await acmeInMemory(t, { mostChallenges: 1 });
    const busy = new DomainError('acme-dns-forbidden', 'the acme-dns server refused the account');
    world.presentFaults.push(busy, busy, busy);
    await world.request('bad-1', ['bad.example.org']);
    await world.sign('bad-1');
    await world.until(() => world.challenges()[0]?.status?.reason !== undefined);
    await world.request('good-1', ['good.example.org']);
    await world.sign('good-1');
    await world.until(
      () => world.order('bad-1').status?.state === 'valid' && world.order('good-1').status?.state === 'valid',
    );
    const told = world.kube.events.filter(({ event }) => event.reason === 'PresentError');
    assert.ok(told.length > 0);
    assert.match(told[0]?.event.message ?? '', /^Error presenting challenge: the acme-dns server refused/);
  });

  test('one that is deleted by hand comes again', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    world.solvers([{ dns01: { acmeDNS: {} }, waitInsteadOfSelfCheck: '60s' }]);
    await world.request('web-1', ['example.org']);
    await world.sign('web-1');
    await world.until(() => world.challenges().length === 1);
    const [first] = world.challenges();
    world.kube.remove(challengeResource, first?.metadata.name ?? '');
    await world.until(() => world.challenges().length === 1);
    assert.notEqual(world.challenges()[0]?.metadata.uid, first?.metadata.uid);
    await world.until(() => world.order('web-1').status?.state === 'valid');
    assert.equal(world.ca.count('createOrder'), 1);
  });

  test('those of a remote server are let go after what they put there is taken back', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    const acmeDNS = { host: 'https://auth.example.com', accountSecretRef: { name: 'accounts', key: 'json' } };
    world.solvers([{ dns01: { acmeDNS }, waitInsteadOfSelfCheck: '60s' }]);
    await world.request('web-1', ['example.org']);
    await world.sign('web-1');
    await world.until(() => world.challenges()[0]?.status?.presented === true);
    const [challenge] = world.challenges();
    assert.deepEqual(challenge?.metadata.finalizers, ['acme.cert-manager.io/finalizer']);
    assert.equal(world.served.size, 1);
    const { metadata } = world.order('web-1');
    world.kube.remove(orderResource, metadata.name);
    await world.kube.deps.client.delete(
      challengeResource,
      { namespace: 'default', name: challenge?.metadata.name ?? '' },
      { signal: AbortSignal.timeout(1000) },
    );
    await world.until(() => world.challenges().length === 0);
    assert.equal(world.served.size, 0);
  });

  test('one of cert-manager is taken over: it gets a place, and its old finalizer goes', LIMIT, async (t) => {
    const world = await acmeInMemory(t);
    await world.request('web-1', ['example.org']);
    await world.sign('web-1');
    await world.until(() => world.order('web-1').status?.state === 'valid');
    const order = await world.ca.createOrder(
      { names: ['old.example.org'], profile: undefined, replaces: undefined },
      AbortSignal.timeout(1000),
    );
    const [authorizationURL = ''] = order.authorizationUrls;
    world.kube.put(challengeResource, {
      metadata: { name: 'old', finalizers: ['finalizer.acme.cert-manager.io'] },
      spec: {
        authorizationURL,
        url: authorizationURL.replace('authz', 'challenge'),
        dnsName: 'old.example.org',
        issuerRef: { name: 'ca' },
        key: 'value',
        token: 'token',
        type: 'DNS-01',
        solver: { dns01: { acmeDNS: {} } },
      },
    });
    await world.until(() => world.kube.get(challengeResource, 'old')?.status?.state === 'valid');
    const { annotations } = world.kube.get(challengeResource, 'old')?.metadata ?? {};
    assert.deepEqual(annotations, { 'acme.evercert.dev/answer-at': 'old-example-org.auth.example.net' });
    const key = { namespace: 'default', name: 'old' };
    await world.kube.deps.client.delete(challengeResource, key, { signal: AbortSignal.timeout(1000) });
    await world.until(() => world.kube.get(challengeResource, 'old') === undefined);
  });
});
