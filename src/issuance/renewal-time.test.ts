import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assert as assertProperty, double, integer, property } from 'fast-check';
import type { CertificateFacts, Renewal } from './ports.ts';
import { chooseRenewal, emergencyTime, renewalTime } from './renewal-time.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = 1_700_000_000_000;

function factsFor(lifetime: number, serial = '01'): CertificateFacts {
  return { names: [], serial, issuer: 'R1', notBefore: START, notAfter: START + lifetime };
}

describe('renewalTime', () => {
  const table: readonly [string, number, number][] = [
    ['90 days: at two thirds', 90 * DAY, 60 * DAY],
    ['45 days: at two thirds', 45 * DAY, 30 * DAY],
    ['10 days and a moment: at two thirds', 10 * DAY + 3, (10 * DAY + 3) * (2 / 3)],
    ['10 days: at the half', 10 * DAY, 5 * DAY],
    ['160 hours: at the half', 160 * HOUR, 80 * HOUR],
    ['60 seconds: at the half', 60_000, 30_000],
    ['no life at all: at once', 0, 0],
  ];
  for (const [title, lifetime, expected] of table) {
    test(title, () => assert.equal(renewalTime(factsFor(lifetime), 0), Math.round(START + expected)));
  }

  test('the spread is a fiftieth of the lifetime, and earlier', () => {
    assert.equal(renewalTime(factsFor(90 * DAY), 0.5), START + 60 * DAY - 0.9 * DAY);
  });

  test('whatever the lifetime and the draw: within it, and before the emergency', () => {
    assertProperty(
      property(
        integer({ min: 1, max: 400 * DAY }),
        double({ min: 0, max: 0.999_999, noNaN: true }),
        (lifetime, random) => {
          const facts = factsFor(lifetime);
          const at = renewalTime(facts, random);
          assert.ok(at >= facts.notBefore && at <= facts.notAfter);
          assert.ok(at <= emergencyTime(facts) || lifetime < 100);
        },
      ),
    );
  });
});

describe('chooseRenewal', () => {
  const base = {
    facts: factsFor(90 * DAY),
    ca: 'https://ca.example/directory',
    issuedAt: START,
    stored: undefined,
    window: undefined,
    askAgainAt: undefined,
    random: 0,
  };
  const window = { start: START + 59 * DAY, end: START + 61 * DAY };

  test('without a window, by the lifetime', () => {
    const renewal = chooseRenewal(base);
    assert.equal(renewal.at, START + 60 * DAY);
    assert.match(renewal.reason, /two thirds/);
    assert.match(chooseRenewal({ ...base, facts: factsFor(DAY) }).reason, /half/);
  });

  for (const [random, at] of [
    [0, 59],
    [0.25, 59.5],
    [0.75, 60.5],
  ] as const) {
    test(`within the window, by the draw ${random}`, () => {
      const renewal = chooseRenewal({ ...base, window, random, askAgainAt: 5 });
      assert.deepEqual(
        { at: renewal.at, window: renewal.window, askAgainAt: renewal.askAgainAt, reason: renewal.reason },
        { at: START + at * DAY, window, askAgainAt: 5, reason: 'the CA suggests it' },
      );
    });
  }

  test('the instant is drawn once: the same window later gives the same instant', () => {
    const first = chooseRenewal({ ...base, window, random: 0.25 });
    const second = chooseRenewal({ ...base, window, random: 0.9, stored: first, askAgainAt: 77 });
    assert.equal(second.at, first.at);
    assert.equal(second.askAgainAt, 77);
  });

  test('a window that moved is drawn from again, also when it lies in the past: renew now', () => {
    const stored = chooseRenewal({ ...base, window, random: 0.25 });
    const past = { start: START - 3 * DAY, end: START - 2 * DAY };
    const moved = chooseRenewal({ ...base, window: past, random: 0.5, stored });
    // Not within an hour of the last issuance: certificates were renewed in a loop by data about another one.
    assert.equal(moved.at, START + HOUR);
  });

  test('a window that cannot be asked for any more leaves the instant as it was', () => {
    const stored = chooseRenewal({ ...base, window, random: 0.25 });
    assert.equal(chooseRenewal({ ...base, stored, random: 0.9 }).at, stored.at);
  });

  test('what was chosen for another certificate does not count', () => {
    const stored: Renewal = { ...chooseRenewal({ ...base, window }), serial: 'ff', at: START };
    assert.equal(chooseRenewal({ ...base, stored }).at, START + 60 * DAY);
    assert.equal(chooseRenewal({ ...base, stored, issuedAt: START + 5 }).issuedAt, START + 5);
  });

  const unusable: readonly [string, { start: number; end: number }][] = [
    ['inverted', { start: window.end, end: window.start }],
    ['no time at all', { start: Number.NaN, end: Number.NaN }],
    ['half a time', { start: window.start, end: Number.NaN }],
    ['without end', { start: window.start, end: Infinity }],
  ];
  for (const [title, broken] of unusable) {
    test(`a window that is ${title} is as none`, () => {
      const renewal = chooseRenewal({ ...base, window: broken });
      assert.equal(renewal.at, START + 60 * DAY);
      assert.equal(renewal.window, undefined);
    });
  }

  test('a window of no width is an instant', () => {
    const instant = { start: START + 40 * DAY, end: START + 40 * DAY };
    assert.equal(chooseRenewal({ ...base, window: instant, random: 0.7 }).at, START + 40 * DAY);
  });

  test('a window at the end of its life or after it does not delay the renewal past the last twentieth', () => {
    const late = { start: START + 89 * DAY, end: START + 95 * DAY };
    const renewal = chooseRenewal({ ...base, window: late, random: 0.9 });
    assert.equal(renewal.at, START + 85.5 * DAY);
    assert.match(renewal.reason, /last twentieth/);
  });

  test('a certificate of 60 s is renewed within it, whatever its window says', () => {
    const facts = factsFor(60_000);
    const past = { start: START - DAY, end: START };
    assert.equal(chooseRenewal({ ...base, facts, window: past }).at, START + 20_000);
    assert.equal(chooseRenewal({ ...base, facts, window }).at, START + 57_000);
    assert.equal(chooseRenewal({ ...base, facts }).at, START + 30_000);
  });
});
