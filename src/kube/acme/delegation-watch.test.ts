import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '../../core/clock.ts';
import { parseDomainName } from '../../core/domain-name.ts';
import type { DomainName } from '../../core/domain-name.ts';
import { DomainError } from '../../core/error.ts';
import type { DelegationFinding } from '../../issuance/ports.ts';
import type { Answers } from './answers.ts';
import { createDelegationWatch } from './delegation-watch.ts';

const LIMIT = { timeout: 20_000 };
const TARGET = parseDomainName('label.auth.example.net');

function answersAt(place: string, target: Answers['target'] = async () => TARGET): Answers {
  return { place, own: true, target, present: async () => {}, remove: async () => {} };
}

/** A watch over DNS by script: `find` is asked at every look. */
function world(
  t: TestContext,
  find: (domain: DomainName, look: number) => Promise<'ready' | 'missing'> | 'ready' | 'missing',
) {
  const stop = new AbortController();
  t.after(() => stop.abort(new Error('the test is over')));
  const looks = new Map<DomainName, number>();
  const waiting = new Map<string, () => void>();
  const woken: string[] = [];
  const watch = createDelegationWatch({
    clock: { now: systemClock.now, sleep: (_, signal) => systemClock.sleep(1, signal) },
    random: () => 0,
    signal: stop.signal,
    wake(watcher) {
      woken.push(watcher);
      waiting.get(watcher)?.();
      waiting.delete(watcher);
    },
    checker: {
      async checkDelegation(domain, target): Promise<DelegationFinding> {
        const look = (looks.get(domain) ?? 0) + 1;
        looks.set(domain, look);
        const name = parseDomainName(`_acme-challenge.${domain}`);
        const kind = await find(domain, look);
        return kind === 'ready'
          ? { kind, name, target }
          : { kind, name, target, fault: 'cname-missing', message: `add ${name} CNAME ${target}` };
      },
    },
  });
  const news = (watcher: string): Promise<void> => new Promise((resolve) => waiting.set(watcher, resolve));
  return { watch, looks, woken, news };
}

describe('DelegationWatch', () => {
  const domain = parseDomainName('example.org');

  test('is looked at by the checker of its answers, where they have one', LIMIT, async (t) => {
    const { watch, looks, news } = world(t, () => 'missing');
    const checker = {
      checkDelegation: async (_: DomainName, target: DomainName) => ({ kind: 'ready' as const, name: domain, target }),
    };
    const told = news('a/order');
    watch.view('a/order', domain, { ...answersAt('own'), checker });
    await told;
    assert.equal(watch.view('a/order', domain, { ...answersAt('own'), checker }).kind, 'ready');
    assert.equal(looks.size, 0);
  });

  test('begins to look, tells what it saw, and does not look again soon', LIMIT, async (t) => {
    const { watch, looks, news } = world(t, () => 'ready');
    const answers = answersAt('own');
    const told = news('a/order');
    assert.deepEqual(watch.view('a/order', domain, answers), { kind: 'looking' });
    await told;
    assert.deepEqual(watch.view('a/order', domain, answers), { kind: 'ready', target: TARGET });
    watch.forget('a/order');
    assert.deepEqual(watch.view('a/challenge', domain, answers), { kind: 'ready', target: TARGET });
    assert.equal(looks.get(domain), 1);
  });

  test('looks again until the record is there, and tells only what is news', LIMIT, async (t) => {
    const { watch, woken, news } = world(t, (_, look) => (look < 4 ? 'missing' : 'ready'));
    const answers = answersAt('own');
    const first = news('order');
    watch.view('order', domain, answers);
    await first;
    const view = watch.view('order', domain, answers);
    assert.equal(view.kind === 'missing' && view.message, `add _acme-challenge.example.org CNAME ${TARGET}`);
    await news('order');
    assert.equal(watch.view('order', domain, answers).kind, 'ready');
    assert.deepEqual(woken, ['order', 'order']);
  });

  test('nobody watches any more: it ends', LIMIT, async (t) => {
    const { watch, looks, news } = world(t, () => 'missing');
    const told = news('order');
    watch.view('order', domain, answersAt('own'));
    await told;
    watch.forget('order');
    await systemClock.sleep(50, AbortSignal.timeout(5000));
    assert.ok((looks.get(domain) ?? 0) <= 2);
  });

  test('a hundred names that cannot be seen do not hold up one that can', LIMIT, async (t) => {
    const { watch, news } = world(t, (name) => (name === domain ? 'ready' : new Promise<never>(() => {})));
    const told = news('good');
    for (let index = 0; index < 60; index += 1) {
      watch.view(`bad${index}`, parseDomainName(`bad${index}.example.org`), answersAt('own'));
    }
    watch.view('good', domain, answersAt('own'));
    await told;
    assert.equal(watch.view('good', domain, answersAt('own')).kind, 'ready');
  });

  test('a domain that cannot be registered is told as the server said it, and tried again', LIMIT, async (t) => {
    const { watch, news } = world(t, () => 'ready');
    let tries = 0;
    const answers = answersAt('remote', async () => {
      tries += 1;
      if (tries === 1) throw new DomainError('acme-dns-busy', 'the acme-dns server is busy');
      return TARGET;
    });
    const told = news('order');
    watch.view('order', domain, answers);
    await told;
    const view = watch.view('order', domain, answers);
    assert.deepEqual(view, {
      kind: 'missing',
      fault: 'acme-dns-busy',
      message: 'the acme-dns server is busy',
      target: undefined,
    });
    await news('order');
    assert.equal(watch.view('order', domain, answers).kind, 'ready');
  });

  test('what is doubted is looked at again', LIMIT, async (t) => {
    const { watch, looks, news } = world(t, () => 'ready');
    const answers = answersAt('own');
    const told = news('order');
    watch.view('order', domain, answers);
    await told;
    watch.doubt(domain, answers);
    const again = news('order');
    assert.equal(watch.view('order', domain, answers).kind, 'looking');
    await again;
    assert.equal(looks.get(domain), 2);
  });
});
