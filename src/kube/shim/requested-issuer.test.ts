import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { requestedIssuer } from './requested-issuer.ts';

const DEFAULT = { name: 'usual', kind: 'ClusterIssuer', group: 'cert-manager.io' };
const NONE = { name: '', kind: 'Issuer', group: 'cert-manager.io' };
const AUTO = ['kubernetes.io/tls-acme'];

describe('the issuer that annotations name', () => {
  const rows: [annotations: Record<string, string>, issuer: string | RegExp | undefined, defaultIssuer?: object][] = [
    [{}, undefined],
    [{ 'kubernetes.io/tls-acme': 'true' }, 'usual ClusterIssuer cert-manager.io'],
    [{ 'kubernetes.io/tls-acme': '1' }, 'usual ClusterIssuer cert-manager.io'],
    [{ 'kubernetes.io/tls-acme': 'false' }, undefined],
    [{ 'kubernetes.io/tls-acme': 'yes' }, undefined],
    [{ 'kubernetes.io/tls-acme': 'true' }, /asks for the default issuer, and there is none/, NONE],
    [{ 'cert-manager.io/issuer': 'a' }, 'a Issuer cert-manager.io'],
    [{ 'cert-manager.io/cluster-issuer': 'a' }, 'a ClusterIssuer cert-manager.io'],
    [{ 'cert-manager.io/cluster-issuer': 'a' }, 'a ClusterIssuer cert-manager.io', NONE],
    [{ 'cert-manager.io/issuer': 'a', 'kubernetes.io/tls-acme': 'true' }, 'a Issuer cert-manager.io'],
    [
      {
        'cert-manager.io/issuer': 'a',
        'cert-manager.io/issuer-kind': 'Other',
        'cert-manager.io/issuer-group': 'x.org',
      },
      'a Other x.org',
    ],
    [{ 'cert-manager.io/issuer': 'a' }, 'a Issuer x.org', { ...DEFAULT, group: 'x.org' }],
    [{ 'cert-manager.io/issuer': '' }, /cert-manager\.io\/issuer is empty: write the name/],
    [{ 'cert-manager.io/cluster-issuer': '' }, /cert-manager\.io\/cluster-issuer is empty/],
    [
      { 'cert-manager.io/issuer': 'a', 'cert-manager.io/cluster-issuer': 'b' },
      /cluster-issuer and cert-manager\.io\/issuer cannot stand beside each other/,
    ],
    [{ 'cert-manager.io/cluster-issuer': 'b', 'cert-manager.io/issuer-kind': 'Issuer' }, /issuer-kind cannot stand/],
    [{ 'cert-manager.io/cluster-issuer': 'b', 'cert-manager.io/issuer-group': 'x' }, /issuer-group cannot stand/],
  ];
  for (const [annotations, expected, defaultIssuer = DEFAULT] of rows) {
    test(`${JSON.stringify(annotations)} ${JSON.stringify(defaultIssuer)}`, () => {
      const found = requestedIssuer(annotations, { defaultIssuer: { ...DEFAULT, ...defaultIssuer } }, AUTO);
      switch (found.kind) {
        case 'none':
          assert.equal(expected, undefined);
          break;
        case 'bad':
          assert.match(found.message, expected as RegExp);
          break;
        case 'issuer': {
          const { name, kind, group } = found.issuerRef;
          assert.equal(`${name} ${kind} ${group}`, expected);
        }
      }
    });
  }
});

test('a Gateway does not ask by kubernetes.io/tls-acme', () => {
  assert.deepEqual(requestedIssuer({ 'kubernetes.io/tls-acme': 'true' }, { defaultIssuer: DEFAULT }), { kind: 'none' });
});
