import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import { chosenByCa, renewalPlan, suggestedPlan } from './renewal-time.ts';
import type { RenewalPlan } from './renewal-time.ts';

type Spec = Pick<CertificateSpec, 'renewBefore' | 'renewBeforePercentage' | 'renewal'>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOT_BEFORE = Date.UTC(2026, 0, 1);
/** 90 days: until 1 April 2026. */
const LIFETIME = { notBefore: NOT_BEFORE, notAfter: NOT_BEFORE + 90 * DAY };

function at(time: string): RenewalPlan {
  return { kind: 'at', at: Date.parse(time) };
}

describe('when a certificate is renewed', () => {
  const rows: [name: string, spec: Spec, plan: RenewalPlan][] = [
    ['after two thirds of its life', {}, at('2026-03-02T00:00:00Z')],
    ['before its end by renewBefore', { renewBefore: '360h' }, at('2026-03-17T00:00:00Z')],
    ['renewBefore in parts', { renewBefore: '1h30m0s' }, at('2026-03-31T22:30:00Z')],
    ['renewBefore as long as its life means nothing', { renewBefore: '2160h' }, at('2026-03-02T00:00:00Z')],
    ['nor does zero', { renewBefore: '0s' }, at('2026-03-02T00:00:00Z')],
    ['nor what is no duration', { renewBefore: '15d' }, at('2026-03-02T00:00:00Z')],
    ['a percentage is what is left', { renewBeforePercentage: 10 }, at('2026-03-23T00:00:00Z')],
    [
      'renewBefore goes before the percentage',
      { renewBefore: '24h', renewBeforePercentage: 10 },
      at('2026-03-31T00:00:00Z'),
    ],
    ['a percentage of 100 means nothing', { renewBeforePercentage: 100 }, at('2026-03-02T00:00:00Z')],
    ['policy RenewBefore changes nothing', { renewal: { policy: 'RenewBefore' } }, at('2026-03-02T00:00:00Z')],
    ['never', { renewBefore: '24h', renewal: { policy: 'Disabled' } }, { kind: 'never' }],
  ];
  for (const [name, spec, plan] of rows) test(name, () => assert.deepEqual(renewalPlan(LIFETIME, spec), plan));

  test('in whole seconds, and within its life', () => {
    const lifetimes = fc.tuple(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: 1, max: 400_000_000 }));
    fc.assert(
      fc.property(
        lifetimes,
        fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined }),
        ([start, seconds], renewBeforePercentage) => {
          const lifetime = { notBefore: start * 1000, notAfter: (start + seconds) * 1000 };
          const plan = renewalPlan(lifetime, { renewBeforePercentage });
          assert.ok(plan.kind === 'at' && plan.at % 1000 === 0);
          assert.ok(plan.at >= lifetime.notBefore && plan.at < lifetime.notAfter);
        },
      ),
    );
  });
});

describe('renewal windows', () => {
  // Without windows: Monday, 2 March 2026, 00:00 UTC.
  const weekends = { cron: '0 2 * * SAT', windowDuration: '4h' };
  const rows: [name: string, windows: NonNullable<NonNullable<Spec['renewal']>['windows']>, plan: RenewalPlan][] = [
    ['no list', [], at('2026-03-02T00:00:00Z')],
    ['the next one', [weekends], at('2026-03-07T02:00:00Z')],
    ['the first of several', [weekends, { cron: '30 3 * * *', windowDuration: '1h' }], at('2026-03-02T03:30:00Z')],
    ['one that is open', [{ cron: '0 23 * * *', windowDuration: '2h' }], at('2026-03-02T00:00:00Z')],
    ['one that opens just then', [{ cron: '0 0 * * MON', windowDuration: '1h' }], at('2026-03-02T00:00:00Z')],
    ['one that has just closed', [{ cron: '0 22 * * *', windowDuration: '2h' }], at('2026-03-02T22:00:00Z')],
    [
      'one that is longer than its period',
      [{ cron: '0 12 1 * *', windowDuration: '2000h' }],
      at('2026-03-02T00:00:00Z'),
    ],
    ['day of month or of week', [{ cron: '0 1 5 * FRI', windowDuration: '1h' }], at('2026-03-05T01:00:00Z')],
    ['in a time zone', [{ ...weekends, timezone: 'America/New_York' }], at('2026-03-07T07:00:00Z')],
    [
      'in a time zone, after its clocks have changed',
      [{ cron: '0 2 9 3 *', windowDuration: '1h', timezone: 'America/New_York' }],
      at('2026-03-09T06:00:00Z'),
    ],
    ['an empty time zone is UTC', [{ ...weekends, timezone: '' }], at('2026-03-07T02:00:00Z')],
    ['names of schedules', [{ cron: '@weekly', windowDuration: '1h' }], at('2026-03-08T00:00:00Z')],
  ];
  for (const [name, windows, plan] of rows) {
    test(name, () => assert.deepEqual(renewalPlan(LIFETIME, { renewal: { policy: 'RenewBefore', windows } }), plan));
  }

  const faults: [name: string, window: { cron: string; windowDuration: string; timezone?: string }, message: RegExp][] =
    [
      [
        'none before the end',
        { cron: '0 0 1 6 *', windowDuration: '1h' },
        /none of the renewal windows opens between 2026-03-02T00:00:00\.000Z and the end/,
      ],
      ['never at all', { cron: '0 0 30 2 *', windowDuration: '1h' }, /none of the renewal windows/],
      ['a cron expression that is none', { cron: 'nonsense', windowDuration: '1h' }, /"nonsense" cannot be understood/],
      ['seconds', { cron: '0 0 2 * * *', windowDuration: '1h' }, /cannot be understood/],
      [
        'a time zone that there is not',
        { cron: '0 0 * * *', windowDuration: '1h', timezone: 'Mars/Base' },
        /in "Mars\/Base" cannot be understood/,
      ],
      ['a duration that is none', { cron: '0 0 * * *', windowDuration: '1d' }, /duration "1d"/],
    ];
  for (const [name, window, message] of faults) {
    test(`${name}: at the time without windows, and it is said`, () => {
      const plan = renewalPlan(LIFETIME, { renewal: { policy: 'RenewBefore', windows: [window] } });
      assert.ok(plan.kind === 'at' && plan.at === Date.parse('2026-03-02T00:00:00Z'));
      assert.match(plan.windowError ?? '', message);
    });
  }
});

describe('what the CA suggests (RFC 9773)', () => {
  const window = { start: Date.parse('2026-02-01T00:00:00Z'), end: Date.parse('2026-02-03T00:00:00Z') };

  for (const [random, expected] of [
    [0, '2026-02-01T00:00:00Z'],
    [0.5, '2026-02-02T00:00:00Z'],
    [0.999_999_999, '2026-02-02T23:59:59Z'],
  ] as const) {
    test(`${random} of the way through its window`, () => {
      assert.deepEqual(suggestedPlan(LIFETIME, { renewBefore: '24h' }, window, random), at(expected));
    });
  }

  test('a renewBefore that is set is not delayed by it, only hurried', () => {
    const late = { start: Date.parse('2026-03-20T00:00:00Z'), end: Date.parse('2026-03-20T00:00:00Z') };
    assert.deepEqual(suggestedPlan(LIFETIME, { renewBefore: '720h' }, late, 0), at('2026-03-02T00:00:00Z'));
    assert.deepEqual(suggestedPlan(LIFETIME, { renewBeforePercentage: 50 }, late, 0), at('2026-02-15T00:00:00Z'));
    assert.deepEqual(suggestedPlan(LIFETIME, { renewBefore: '24h' }, late, 0), at('2026-03-20T00:00:00Z'));
  });

  test('nor does it delay anything into the last twentieth of the life', () => {
    const late = { start: Date.parse('2026-03-31T00:00:00Z'), end: Date.parse('2026-04-02T00:00:00Z') };
    assert.deepEqual(suggestedPlan(LIFETIME, {}, late, 0.5), at('2026-03-27T12:00:00Z'));
  });

  test('the windows of the Certificate hold, and so does never', () => {
    const windows = [{ cron: '0 12 * * *', windowDuration: '1h' }];
    assert.deepEqual(
      suggestedPlan(LIFETIME, { renewal: { policy: 'RenewBefore', windows } }, window, 0),
      at('2026-02-01T12:00:00Z'),
    );
    assert.deepEqual(suggestedPlan(LIFETIME, { renewal: { policy: 'Disabled' } }, window, 0), { kind: 'never' });
  });

  test('the time chosen counts for the certificate that it was chosen for', () => {
    const status = {
      notBefore: '2026-01-01T00:00:00Z',
      notAfter: '2026-04-01T00:00:00Z',
      renewalTime: '2026-02-02T00:00:00Z',
      acme: { ari: { suggestedWindow: { start: '2026-02-01T00:00:00Z', end: '2026-02-03T00:00:00Z' } } },
    };
    assert.equal(chosenByCa(status, LIFETIME), Date.parse('2026-02-02T00:00:00Z'));
    assert.equal(chosenByCa({ ...status, acme: undefined }, LIFETIME), undefined);
    assert.equal(chosenByCa({ ...status, notBefore: '2025-01-01T00:00:00Z' }, LIFETIME), undefined);
    assert.equal(
      chosenByCa(
        {
          ...status,
          acme: { ari: { suggestedWindow: { start: '2026-02-03T00:00:00Z', end: '2026-02-01T00:00:00Z' } } },
        },
        LIFETIME,
      ),
      undefined,
    );
    assert.equal(chosenByCa(undefined, LIFETIME), undefined);
  });
});
