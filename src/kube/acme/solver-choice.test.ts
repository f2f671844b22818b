import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ChallengeSolver } from '../schema/challenge-solver.ts';
import { chooseSolver } from './solver-choice.ts';

const dns01 = { acmeDNS: { host: 'https://auth.example.net', accountSecretRef: { name: 'accounts', key: 'json' } } };

/** A solver that can be told from others by its host. */
function solver(host: string, selector?: ChallengeSolver['selector']): ChallengeSolver {
  return { ...(selector && { selector }), dns01: { acmeDNS: { ...dns01.acmeDNS, host } } };
}

const name = { dnsName: 'www.example.org', wildcard: false, labels: { team: 'web', tier: 'front' } };

const rows: [string, readonly ChallengeSolver[], Partial<typeof name>, string | undefined][] = [
  ['none at all', [], {}, undefined],
  ['the only one', [solver('a')], {}, 'a'],
  ['of two without selector the first', [solver('a'), solver('b')], {}, 'a'],
  ['any selector that fits before none', [solver('a'), solver('b', { dnsZones: ['org'] })], {}, 'b'],
  ['an empty selector is as none', [solver('a', {}), solver('b')], {}, 'a'],
  ['one that does not fit is left out', [solver('a', { dnsZones: ['example.net'] })], {}, undefined],
  ['a zone ends at a dot', [solver('a', { dnsZones: ['ple.org'] })], {}, undefined],
  ['a zone holds its own name', [solver('a', { dnsZones: ['www.example.org'] })], {}, 'a'],
  ['the longest zone', [solver('a', { dnsZones: ['org'] }), solver('b', { dnsZones: ['example.org'] })], {}, 'b'],
  [
    'the longest zone of one solver counts',
    [solver('a', { dnsZones: ['example.org'] }), solver('b', { dnsZones: ['org', 'www.example.org'] })],
    {},
    'b',
  ],
  [
    'a name before the longest zone',
    [solver('a', { dnsZones: ['www.example.org'] }), solver('b', { dnsNames: ['www.example.org'] })],
    {},
    'b',
  ],
  [
    'names and zones must both fit',
    [solver('a', { dnsNames: ['www.example.org'], dnsZones: ['example.net'] }), solver('b')],
    {},
    'b',
  ],
  [
    'a zone before labels',
    [solver('a', { matchLabels: { team: 'web', tier: 'front' } }), solver('b', { dnsZones: ['org'] })],
    {},
    'b',
  ],
  [
    'the most labels',
    [solver('a', { matchLabels: { team: 'web' } }), solver('b', { matchLabels: { team: 'web', tier: 'front' } })],
    {},
    'b',
  ],
  ['labels must all be there', [solver('a', { matchLabels: { team: 'web', no: 'such' } })], {}, undefined],
  ['equals: the first', [solver('a', { dnsZones: ['org'] }), solver('b', { dnsZones: ['org'] })], {}, 'a'],
  ['a wildcard is a name of its own', [solver('a', { dnsNames: ['www.example.org'] })], { wildcard: true }, undefined],
  ['a wildcard is listed as such', [solver('a', { dnsNames: ['*.www.example.org'] })], { wildcard: true }, 'a'],
  ['a wildcard is in the zone of its name', [solver('a', { dnsZones: ['www.example.org'] })], { wildcard: true }, 'a'],
  ['case and a dot at the end do not matter', [solver('a', { dnsZones: ['Example.ORG.'] })], {}, 'a'],
  ['HTTP-01 is none for a wildcard', [{ http01: {} }, solver('b')], { wildcard: true }, 'b'],
];

describe('chooseSolver', () => {
  for (const [title, solvers, more, chosen] of rows) {
    test(title, () => {
      assert.equal(chooseSolver(solvers, { ...name, ...more })?.dns01?.acmeDNS?.host, chosen);
    });
  }
  test('HTTP-01 is chosen where it stands first, and then it is said that it is not used', () => {
    assert.deepEqual(chooseSolver([{ http01: {} }, solver('b')], name), { http01: {} });
  });
});
