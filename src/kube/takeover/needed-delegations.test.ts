import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../core/domain-name.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import type { ChallengeSolver } from '../schema/challenge-solver.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import { neededDelegations } from './needed-delegations.ts';

const ZONE = parseDomainName('auth.example.net');
const OWN: ChallengeSolver = { dns01: { acmeDNS: {} } };
const REMOTE: ChallengeSolver = {
  selector: { dnsZones: ['b.example.org'] },
  dns01: {
    nameservers: ['192.0.2.53'],
    acmeDNS: { host: 'https://auth.example.com', accountSecretRef: { name: 'x' } },
  },
};

const certificate = (name: string, spec: Partial<CertificateSpec>) => ({
  metadata: { namespace: 'web', name },
  spec: { secretName: name, issuerRef: { name: 'ca' }, ...spec },
});
const issuer = (solvers: readonly ChallengeSolver[], kind = 'Issuer'): AnyIssuer =>
  ({
    kind,
    metadata: { name: 'ca', namespace: kind === 'Issuer' ? 'web' : undefined },
    spec: { acme: { solvers } },
  }) as AnyIssuer;
const needed = (certificates: ReturnType<typeof certificate>[], by: AnyIssuer | undefined) =>
  neededDelegations(certificates, () => by, { ownZone: ZONE, clusterResourceNamespace: 'cert-manager' });

const rows: [what: string, found: () => ReturnType<typeof needed>, expected: readonly string[]][] = [
  [
    'apex and wildcard need one, and so do two Certificates for one domain',
    () =>
      needed(
        [
          certificate('a', { dnsNames: ['a.example.org', '*.a.example.org'] }),
          certificate('c', { dnsNames: ['*.a.example.org'] }),
        ],
        issuer([OWN]),
      ),
    ['a.example.org own Issuer web web/a,web/c'],
  ],
  [
    'each name by the solver that is for it',
    () => needed([certificate('a', { dnsNames: ['x.b.example.org', 'a.example.org'] })], issuer([OWN, REMOTE])),
    ['x.b.example.org remote Issuer web web/a 192.0.2.53', 'a.example.org own Issuer web web/a'],
  ],
  [
    'Secrets of a ClusterIssuer are elsewhere',
    () => needed([certificate('a', { commonName: 'a.example.org' })], issuer([OWN], 'ClusterIssuer')),
    ['a.example.org own ClusterIssuer cert-manager web/a'],
  ],
  [
    'what cannot be looked at is not',
    () =>
      needed([certificate('a', { dnsNames: ['a.example.org'] })], issuer([{ ...OWN, waitInsteadOfSelfCheck: '30s' }])),
    [],
  ],
  [
    'what is not built needs none',
    () => needed([certificate('a', { dnsNames: ['a.example.org'] })], issuer([{ http01: {} }])),
    [],
  ],
  ['a name that is none', () => needed([certificate('a', { dnsNames: ['a_b', '192.0.2.1'] })], issuer([OWN])), []],
  [
    'no solver, no issuer',
    () => [
      ...needed([certificate('a', { dnsNames: ['a.example.org'] })], issuer([])),
      ...needed([certificate('a', {})], undefined),
    ],
    [],
  ],
];

for (const [what, found, expected] of rows) {
  test(`delegations that are needed: ${what}`, () => {
    const shown = found().map(({ domain, solver, scope, certificates, nameservers }) =>
      [domain, solver.kind, scope.kind, scope.namespace, certificates.join(), ...nameservers].join(' '),
    );
    assert.deepEqual(shown, expected);
  });
}
