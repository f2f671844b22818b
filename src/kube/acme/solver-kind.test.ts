import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDomainName } from '../../core/domain-name.ts';
import type { ChallengeSolver } from '../schema/challenge-solver.ts';
import { solverKind } from './solver-kind.ts';

const ZONE = parseDomainName('auth.example.net');
const account = { name: 'accounts', key: 'json' };
const acmeDns = (host: string | undefined, accountSecretRef?: { name: string; key?: string }): ChallengeSolver => ({
  dns01: { acmeDNS: { ...(host === undefined ? {} : { host }), ...(accountSecretRef && { accountSecretRef }) } },
});

const rows: [string, ChallengeSolver, typeof ZONE | undefined, ReturnType<typeof solverKind>['kind'], object?][] = [
  ['nothing at all: our own', acmeDns(undefined), ZONE, 'own', { account: undefined }],
  ['an empty host: our own', acmeDns(''), ZONE, 'own'],
  ['our zone as the host', acmeDns('https://auth.example.net', account), ZONE, 'own', { account }],
  ['our zone without a scheme, in capitals', acmeDns('AUTH.example.net.'), ZONE, 'own'],
  ['our zone with a port', acmeDns('http://auth.example.net:8080'), ZONE, 'own'],
  [
    'another host',
    acmeDns('https://auth.example.com', account),
    ZONE,
    'remote',
    { host: 'https://auth.example.com', account },
  ],
  [
    'another host without a scheme',
    acmeDns('auth.example.com', account),
    ZONE,
    'remote',
    { host: 'https://auth.example.com' },
  ],
  [
    'another host without a key',
    acmeDns('https://a.example', { name: 'x' }),
    ZONE,
    'remote',
    { account: { name: 'x', key: 'acmedns.json' } },
  ],
  ['another host without accounts', acmeDns('https://auth.example.com'), ZONE, 'unsupported'],
  ['no host, and no zone of our own', acmeDns(undefined), undefined, 'unsupported'],
  ['the name of our zone where it is not ours', acmeDns('https://auth.example.net', account), undefined, 'remote'],
  ['another provider', { dns01: { cnameStrategy: 'Follow', route53: {} } }, ZONE, 'unsupported'],
  ['HTTP-01', { http01: { ingress: {} } }, ZONE, 'unsupported'],
  ['nothing', {}, ZONE, 'unsupported'],
];

describe('solverKind', () => {
  for (const [title, solver, zone, kind, more = {}] of rows) {
    test(title, () => {
      const found = solverKind(solver, zone);
      assert.equal(found.kind, kind);
      assert.deepEqual({ ...found, ...more }, found);
    });
  }

  test('what is not built is named', () => {
    const said = solverKind({ dns01: { cnameStrategy: 'Follow', route53: {} } }, ZONE);
    assert.match(said.kind === 'unsupported' ? said.message : '', /the DNS provider route53/);
  });
});
