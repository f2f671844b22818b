import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDomainName } from '../../core/domain-name.ts';
import { challengeResource } from '../schema/challenge.ts';
import type { ChallengeStatus } from '../schema/challenge-fields.ts';
import { createFakeDeps } from '../testing/fake-deps.ts';
import { ANSWER_AT } from './answers.ts';
import { serveChallenges } from './served-challenges.ts';
import type { ServedNames } from './served-challenges.ts';

const ZONE = parseDomainName('auth.example.net');
const NAME = parseDomainName('label.auth.example.net');

function world() {
  const kube = createFakeDeps();
  const served = new Map<string, readonly string[]>();
  const watched = new Set<string>();
  const names: ServedNames = {
    complete: true,
    set: (name, values) => void served.set(name, values),
    delete: (name) => void served.delete(name),
    watch: (name, on) => void (on ? watched.add(name) : watched.delete(name)),
  };
  const challenges = serveChallenges(kube.informer(challengeResource), names, ZONE);
  const put = (
    name: string,
    at: string | undefined,
    value: string,
    more: { status?: ChallengeStatus; type?: 'HTTP-01' } = {},
  ) =>
    kube.put(challengeResource, {
      metadata: { name, ...(at === undefined ? {} : { annotations: { [ANSWER_AT]: at } }) },
      spec: {
        authorizationURL: 'https://ca.example/authz/1',
        url: 'https://ca.example/challenge/1',
        dnsName: 'example.org',
        issuerRef: { name: 'ca' },
        key: value,
        token: 'token',
        type: more.type ?? 'DNS-01',
        solver: {},
      },
      ...(more.status === undefined ? {} : { status: more.status }),
    });
  return { kube, names, served, watched, challenges, put };
}

describe('what DNS serves of the Challenges', () => {
  test('apex and wildcard stand beside each other, and go one by one', () => {
    const { served, watched, put, kube } = world();
    put('apex', NAME, 'one');
    put('wildcard', NAME, 'two');
    assert.deepEqual(served.get(NAME), ['one', 'two']);
    assert.ok(watched.has(NAME));
    put('apex', NAME, 'one', { status: { state: 'valid' } });
    assert.deepEqual(served.get(NAME), ['two']);
    kube.remove(challengeResource, 'wildcard');
    assert.equal(served.has(NAME), false);
    assert.equal(watched.has(NAME), false);
  });

  test('the same value of two Challenges is there once, and as long as one of them', () => {
    const { served, put, kube } = world();
    put('a', NAME, 'one');
    put('b', NAME, 'one');
    assert.deepEqual(served.get(NAME), ['one']);
    kube.remove(challengeResource, 'a');
    assert.deepEqual(served.get(NAME), ['one']);
  });

  test('one that moves to another place is served there', () => {
    const { served, put } = world();
    put('a', NAME, 'one');
    put('a', 'other.auth.example.net', 'one');
    assert.deepEqual([...served], [['other.auth.example.net', ['one']]]);
  });

  for (const [title, at, value, more] of [
    ['no place', undefined, 'one', {}],
    ['another zone', 'label.auth.example.com', 'one', {}],
    ['a zone whose name only ends like ours', 'label.xauth.example.net', 'one', {}],
    ['the zone itself', ZONE, 'one', {}],
    ['no name', 'a..auth.example.net', 'one', {}],
    ['a value that is none', NAME, 'x'.repeat(256), {}],
    ['HTTP-01', NAME, 'one', { type: 'HTTP-01' }],
    ['what is over', NAME, 'one', { status: { state: 'invalid' } }],
  ] as const) {
    test(`not served: ${title}`, () => {
      const { served, put } = world();
      put('a', at, value, more);
      assert.deepEqual([...served], []);
    });
  }

  test('until all are known, what is not found is not denied', async () => {
    const { names } = world();
    assert.equal(names.complete, false);
    await new Promise(setImmediate);
    assert.equal(names.complete, true);
  });

  test('who waits for a value is told', { timeout: 5000 }, async () => {
    const { challenges, put } = world();
    const waiting = challenges.whenServed(NAME, 'one', AbortSignal.timeout(4000));
    put('other', NAME, 'two');
    assert.equal(challenges.isServed(NAME, 'one'), false);
    put('a', NAME, 'one');
    await waiting;
    await challenges.whenServed(NAME, 'one', AbortSignal.timeout(1000));
    const stop = new AbortController();
    const never = challenges.whenServed(NAME, 'three', stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(never, /enough/);
  });
});
