import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { certificateYaml, issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { peers } from './require-peer.ts';

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');

describe('ACME in a cluster', { skip, timeout: 170_000 }, () => {
  let world: KubeAcmeWorld;
  before(async () => {
    world = await startKubeAcmeWorld();
    await world.apply(issuerYaml(world.chain));
  });
  after(async () => {
    await world?.stop();
  });

  test('apex and wildcard, from apply to Ready', { timeout: 60_000 }, async () => {
    await world.delegate(['apex.example.org']);
    await world.cluster.kubectl(['wait', '--for=condition=Ready', '--timeout=20s', 'clusterissuer/pebble']);
    const started = Date.now();
    await world.apply(certificateYaml('apex', ['apex.example.org', '*.apex.example.org']));
    try {
      await world.untilReady('apex', 20_000);
    } catch (error) {
      console.log(world.controller().output());
      console.log(
        await world.cluster.kubectl([
          'get',
          'orders,challenges,certificaterequests,clusterissuers,secrets',
          '-A',
          '-o',
          'yaml',
        ]),
      );
      throw error;
    }
    console.log(`took ${Date.now() - started} ms`);
    assert.ok(true);
  });
});
