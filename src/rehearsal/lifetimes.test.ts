import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { problemType, useRehearsalCa } from './testing/running-ca.ts';

/** Real time and a step that tests add to it; what sleeps, sleeps for real. */
function steppedClock(): Clock & { step(milliseconds: number): void } {
  let ahead = 0;
  return { ...systemClock, now: () => systemClock.now() + ahead, step: (milliseconds) => void (ahead += milliseconds) };
}

const HOUR = 3_600_000;

describe('what ends by itself (RFC 8555 section 7.1.6)', () => {
  const clock = steppedClock();
  const run = useRehearsalCa({
    clock,
    orderLifetime: HOUR,
    authorizationLifetime: 3 * HOUR,
    reuseAuthorizations: true,
  });

  test('an order that is not finished in its time is invalid, its authorizations are expired', async () => {
    const order = await run.account.order(['late.example.org']);
    clock.step(HOUR - 10_000);
    assert.equal((await run.account.get(order.url)).json['status'], 'pending');
    clock.step(10_000);
    assert.equal((await run.account.get(order.url)).json['status'], 'invalid');
    assert.equal((await run.account.get(String(order.authorizations[0]))).json['status'], 'expired');
  });

  test('a valid authorization serves the next order, which is ready at once, until it expires', async () => {
    const names = ['reuse.example.org', '*.reuse.example.org'];
    const { order: first } = await run.account.issue(names, run.present);
    const second = await run.account.order(names);
    assert.deepEqual([second.status, second.authorizations], ['ready', first.authorizations]);
    const other = await run.account.order(['reuse.example.org', 'new.example.org']);
    assert.equal(other.status, 'pending');
    assert.equal(other.authorizations[0], first.authorizations[0]);
    clock.step(3 * HOUR);
    assert.equal((await run.account.order(names)).status, 'pending');
  });

  test('an answer that came true too late does not revive its authorization', async () => {
    const order = await run.account.order(['slow.example.org']);
    const [challenge] = await run.account.challenges(order);
    assert.ok(challenge);
    run.present(challenge);
    clock.step(HOUR);
    assert.equal(problemType((await run.account.post(challenge.url, {})).json), 'malformed');
    assert.equal((await run.account.get(order.url)).json['status'], 'invalid');
  });
});

describe('Retry-After by the policy', () => {
  const run = useRehearsalCa({ retryAfter: 7, processingTime: 2 ** 40 });

  test('comes in both forms, while something is not settled and not after', async () => {
    const forms = new Set<string>();
    const order = await run.account.order(['wait.example.org']);
    // Each look draws one of two: both missing after a hundred has a chance of 2^-99.
    for (let looks = 0; looks < 100 && forms.size < 2; looks++) {
      const value = String((await run.account.get(order.url)).headers['retry-after']);
      const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
      assert.ok(wait > 3000 && wait <= 7000, value);
      forms.add(/^\d+$/.test(value) ? 'seconds' : 'date');
    }
    assert.equal(forms.size, 2);
    await run.account.prove(order, run.present);
    assert.equal((await run.account.get(order.url)).headers['retry-after'], undefined);
  });
});
