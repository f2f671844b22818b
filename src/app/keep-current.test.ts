import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCertificateName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { createLeapingClock } from '../issuance/testing/leaping-clock.ts';
import type { Issuing } from './issuing.ts';
import { keepCurrent } from './keep-current.ts';
import type { Wanted } from './wanted-certificates.ts';

function wanted(id: string): Wanted {
  const request = { id, names: [parseCertificateName(id)], ca: 'https://ca.example/dir', keyType: 'P-256' as const };
  return { request, output: undefined, after: undefined, settings: undefined };
}

/** Runs until `attend` was called `times` times. Returns the ids in the order they were attended, with the time of each in s, and the faults. */
async function run(o: {
  list?: (call: number) => readonly Wanted[];
  attend: (id: string, call: number) => number;
  times: number;
}) {
  const clock = createLeapingClock();
  const stop = new AbortController();
  const start = clock.now();
  const attended: [id: string, second: number][] = [];
  const faults: [message: string, certificate: string | undefined][] = [];
  let lists = 0;
  const issuing = {
    attend: async ({ id }: Wanted['request']) => {
      attended.push([id, Math.round((clock.now() - start) / 1000)]);
      if (attended.length >= o.times) stop.abort(new DOMException('enough', 'AbortError'));
      return { lookAgainAt: o.attend(id, attended.length), plan: {} };
    },
  } as unknown as Issuing;
  await keepCurrent(
    {
      clock,
      wanted: async () => (o.list ?? (() => [wanted('a.org')]))((lists += 1)),
      issuing: async () => issuing,
      onFault: (error, certificate) => faults.push([(error as Error).message, certificate]),
    },
    stop.signal,
  );
  return { attended, faults };
}

describe('certificates are kept current', () => {
  test('a fault is told, and the certificate is looked at again in half a minute', async () => {
    const { attended, faults } = await run({
      times: 2,
      attend: () => {
        throw new DomainError('file-not-readable', 'the files are gone');
      },
    });
    const [first = 0, second = 0] = attended.map(([, at]) => at);
    // The clock leaps from one look at the list to the next, every 2 s.
    assert.ok(second - first >= 30 && second - first <= 32, `after ${second - first} s`);
    assert.deepEqual(faults[0], ['the files are gone', 'a.org']);
  });

  test('when another process is at it, that is no fault, and it is looked at again when that said', async () => {
    const { attended, faults } = await run({
      times: 3,
      attend: (_, call) => {
        const at = Date.UTC(2000, 0, 1);
        throw new DomainError('lock-held', `held ${call}`, { retry: { kind: 'after', at } });
      },
    });
    assert.equal(attended.length, 3);
    assert.deepEqual(faults, []);
  });

  test('a list that cannot be read at the moment is as it was', async () => {
    const { attended, faults } = await run({
      times: 40,
      list: (call) => {
        if (call > 1) throw new DomainError('store-unavailable', 'the disk is full');
        return [wanted('a.org'), wanted('b.org')];
      },
      attend: () => 0,
    });
    const ids = new Set(attended.slice(-10).map(([id]) => id));
    assert.deepEqual(ids, new Set(['a.org', 'b.org']), 'both are looked at as before');
    assert.ok(
      faults.length > 0 &&
        faults.every(([message, certificate]) => message === 'the disk is full' && certificate === undefined),
    );
  });
});
