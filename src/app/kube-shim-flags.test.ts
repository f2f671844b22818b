import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readShimFlags, shimWarnings } from './kube-shim-flags.ts';
import type { KubeShimFlags } from './kube-shim-flags.ts';

describe('which controllers run', () => {
  const both = { enableGatewayApi: true, enableGatewayApiListenerset: true };
  const rows: [flags: KubeShimFlags, off: string[], run: string][] = [
    [{}, [], 'ingresses'],
    [{}, ['ingress-shim'], ''],
    [{ enableGatewayApi: true }, [], 'ingresses gateways'],
    [both, [], 'ingresses gateways listenerSets'],
    [both, ['gateway-shim'], 'ingresses listenerSets'],
    [both, ['listenerset'], 'ingresses gateways'],
    [{ enableGatewayApiListenerset: true }, [], 'ingresses'],
  ];
  for (const [flags, off, run] of rows) {
    test(`${JSON.stringify(flags)} without ${off.join(' ')}`, () => {
      const options = readShimFlags(flags, new Set(off));
      assert.equal((['ingresses', 'gateways', 'listenerSets'] as const).filter((name) => options[name]).join(' '), run);
    });
  }
});

test('what cert-manager has when nothing is given', () => {
  const { defaultIssuer, autoAnnotations, extraAnnotations, extraProtocols } = readShimFlags({}, new Set());
  assert.deepEqual(defaultIssuer, { name: '', kind: 'Issuer', group: 'cert-manager.io' });
  assert.deepEqual([autoAnnotations, extraAnnotations, extraProtocols], [['kubernetes.io/tls-acme'], [], []]);
});

test('ListenerSets without Gateways are warned of', () => {
  assert.equal(shimWarnings({ enableGatewayApiListenerset: true }).length, 1);
  assert.deepEqual(shimWarnings({ enableGatewayApiListenerset: true, enableGatewayApi: true }), []);
  assert.deepEqual(shimWarnings({}), []);
});
