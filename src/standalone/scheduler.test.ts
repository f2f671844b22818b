import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCertificateName } from '../core/domain-name.ts';
import type { CertificateRequest } from '../issuance/order-record.ts';
import { createLeapingClock } from '../issuance/testing/leaping-clock.ts';
import { runScheduler } from './scheduler.ts';

function request(id: string, ...names: string[]): CertificateRequest {
  return {
    id,
    names: (names.length > 0 ? names : [id]).map(parseCertificateName),
    ca: 'https://ca.example/dir',
    keyType: 'P-256',
  };
}

/** Runs until `enough` says so after an attendance. */
async function run(o: {
  wanted: () => readonly CertificateRequest[];
  attend?: (request: CertificateRequest, signal: AbortSignal, now: number) => Promise<number> | number;
  enough: (seen: readonly string[]) => boolean;
}) {
  const clock = createLeapingClock();
  const stop = new AbortController();
  const seen: string[] = [];
  const attend = async (one: CertificateRequest, signal: AbortSignal) => {
    seen.push(one.names.join(' '));
    const next = await (o.attend?.(one, signal, clock.now()) ?? clock.now() + 60_000);
    if (o.enough(seen)) stop.abort();
    return next;
  };
  await runScheduler({ wanted: async () => o.wanted(), attend, clock }, stop.signal);
  return { seen, clock };
}

describe('the scheduler', () => {
  test('looks at every certificate, again and again', async () => {
    const { seen } = await run({
      wanted: () => [request('a.org'), request('b.org')],
      enough: (all) =>
        all.filter((name) => name === 'a.org').length >= 3 && all.filter((name) => name === 'b.org').length >= 3,
    });
    assert.deepEqual(new Set(seen), new Set(['a.org', 'b.org']));
  });

  test('one that waits holds no other up', async () => {
    const { seen } = await run({
      wanted: () => [request('stuck.org'), request('good.org')],
      attend: (one, signal, now) =>
        one.id === 'stuck.org'
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
          : now + 1000,
      enough: (all) => all.filter((name) => name === 'good.org').length >= 5,
    });
    assert.equal(seen.filter((name) => name === 'stuck.org').length, 1);
  });

  test('takes up what is added, begins afresh what is changed, leaves what is no longer wanted', async () => {
    let round = 0;
    const lists = [
      [request('a.org'), request('gone.org')],
      [request('a.org'), request('b.org')],
      [request('a.org', 'a.org', '*.a.org'), request('b.org')],
    ];
    const { seen } = await run({
      wanted: () => lists[Math.min(round++, lists.length - 1)] ?? [],
      attend: (_, __, now) => now + 10 ** 9,
      enough: (all) => all.includes('a.org *.a.org') && all.includes('b.org'),
    });
    assert.equal(seen.filter((name) => name === 'gone.org').length, 1);
  });

  test('no plan makes it look in a storm, and none for years', async () => {
    const { clock } = await run({
      wanted: () => [request('past.org'), request('never.org')],
      attend: (one) => (one.id === 'past.org' ? 0 : Infinity),
      enough: (all) =>
        all.filter((name) => name === 'past.org').length >= 4 && all.filter((name) => name === 'never.org').length >= 2,
    });
    assert.ok(Math.min(...clock.sleeps) >= 250);
    assert.ok(Math.max(...clock.sleeps) <= 3_600_000);
  });

  test('a fault of its parts ends it', async () => {
    const clock = createLeapingClock();
    const wanted = () => Promise.reject(new Error('the list cannot be read'));
    await assert.rejects(
      runScheduler({ wanted, attend: async () => 0, clock }, new AbortController().signal),
      /cannot be read/,
    );
  });
});
