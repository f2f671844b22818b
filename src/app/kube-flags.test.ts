import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readKubeFlags } from './kube-flags.ts';
import type { KubeControllerFlags } from './kube-flags.ts';

const given: KubeControllerFlags = {
  clusterResourceNamespace: 'kube-system',
  enableCertificateOwnerRef: false,
  leaderElect: true,
  leaderElectionNamespace: 'kube-system',
  metricsListenAddress: '0.0.0.0:9402',
  healthzListenAddress: '0.0.0.0:9403',
  logLevel: 'info',
  dns01RecursiveNameserversOnly: false,
};
const read = (flags: Partial<KubeControllerFlags> = {}, rest: readonly string[] = []) =>
  readKubeFlags({ ...given, ...flags }, rest, {});

test('what cert-manager has when nothing is given', () => {
  const options = read();
  assert.deepEqual(options.leaderElection, {
    namespace: 'kube-system',
    duration: 60_000,
    renewDeadline: 40_000,
    retryPeriod: 15_000,
  });
  assert.deepEqual(options.listeners.metrics, { address: '0.0.0.0', port: 9402 });
  assert.deepEqual(options.kube.backoff, { minimum: 3_600_000, maximum: 32 * 3_600_000 });
  assert.deepEqual([options.kube.approve, options.kube.namespace, options.warnings], [true, undefined, []]);
});

test('listeners and the election can be switched off, an empty namespace is all', () => {
  const options = read({ leaderElect: false, metricsListenAddress: '0', healthzListenAddress: '', namespace: '' });
  assert.equal(options.leaderElection, undefined);
  assert.deepEqual(options.listeners, { health: undefined, metrics: undefined });
  assert.equal(options.kube.namespace, undefined);
});

describe('--controllers', () => {
  const rows: [names: string[], off: string[], warned: boolean][] = [
    [['*'], [], false],
    [['*', '-certificaterequests-approver'], ['certificaterequests-approver'], false],
    [['*', '-issuers', '-clusterissuers'], ['issuers', 'clusterissuers'], false],
    [['*', '-certificates-trigger'], ['certificates-trigger'], true],
    [['issuers', 'clusterissuers'], ['certificaterequests-approver', 'certificates'], false],
    [['certificates-issuing'], ['issuers', 'clusterissuers', 'certificaterequests-approver'], false],
  ];
  for (const [names, off, warned] of rows) {
    test(names.join(','), () => {
      const { disabled, warnings } = read({ controllers: names });
      for (const name of off) assert.ok(disabled.has(name), name);
      assert.equal(warnings.length > 0, warned);
    });
  }

  test('all parts of Certificates off is Certificates off', () => {
    const parts = ['trigger', 'issuing', 'key-manager', 'request-manager', 'readiness'];
    assert.ok(
      read({ controllers: ['*', ...parts.map((part) => `-certificates-${part}`)] }).disabled.has('certificates'),
    );
  });
});

describe('flags that the command line does not know', () => {
  test('those of cert-manager are passed over with a warning, with the value that follows', () => {
    const { warnings } = read({}, [
      '--acme-http01-solver-image=x',
      '--feature-gates',
      'A=true',
      '-v=2',
      '--enable-pprof',
    ]);
    assert.equal(warnings.length, 4);
    assert.match(warnings[0] ?? '', /acme-http01-solver-image/);
  });

  test('all others are wrong usage', () => {
    assert.throws(() => read({}, ['--no-such-flag=1']), { code: 'invalid-config', message: /--no-such-flag/ });
  });
});
