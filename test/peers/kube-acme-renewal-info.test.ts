import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import type { Certificate } from '../../src/kube/schema/certificate.ts';
import { certificateYaml, issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { waitForObject } from './kube-controller.ts';
import { peers } from './require-peer.ts';

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');

describe('ACME renewal information in a cluster (RFC 9773)', { skip, timeout: 120_000 }, () => {
  let world: KubeAcmeWorld;
  before(async () => {
    world = await startKubeAcmeWorld();
  });
  after(async () => {
    await world?.stop();
  });

  async function settled(name: string, isSettled: (certificate: Certificate) => boolean): Promise<Certificate> {
    const key = { namespace: 'default', name };
    const is = (found: Certificate | undefined) => found !== undefined && isSettled(found);
    const found = await waitForObject(world.cluster.client, certificateResource, key, is, 20_000);
    assert.ok(found !== undefined);
    return found;
  }

  test(
    'the window that Pebble suggests is in the status, and the renewal in the window',
    { timeout: 60_000 },
    async () => {
      await world.apply(issuerYaml(world.chain));
      await world.delegate(['ari.example.org']);
      await world.apply(certificateYaml('ari', ['ari.example.org']));
      await world.untilReady('ari');
      const { status } = await settled('ari', (found) => found.status?.acme?.ari?.lastChecked !== undefined);
      const { suggestedWindow, lastChecked = '', nextCheck = '', lastError } = status?.acme?.ari ?? {};
      assert.equal(lastError, undefined);
      const { start = '', end = '' } = suggestedWindow ?? {};
      assert.ok(Date.parse(start) < Date.parse(end), `${start} ${end}`);
      assert.ok(Date.parse(lastChecked) < Date.parse(nextCheck), `${lastChecked} ${nextCheck}`);
      const renewal = Date.parse(status?.renewalTime ?? '');
      assert.ok(renewal >= Date.parse(start) && renewal <= Date.parse(end), String(status?.renewalTime));
    },
  );

  test('an issuer that does not want it is left alone', { timeout: 60_000 }, async () => {
    await world.apply(issuerYaml(world.chain, { name: 'plain', acme: '    renewalInformationSource: None\n' }));
    await world.delegate(['plain.example.org']);
    await world.apply(certificateYaml('plain', ['plain.example.org'], 'plain'));
    await world.untilReady('plain');
    const { status } = await settled('plain', (found) => found.status?.renewalTime !== undefined);
    const at = (time: string | undefined): number => Date.parse(time ?? '');
    const [from, to] = [at(status?.notBefore), at(status?.notAfter)];
    assert.ok(Math.abs(at(status?.renewalTime) - (to - (to - from) / 3)) <= 1000, String(status?.renewalTime));
    assert.equal(status?.acme, undefined);
  });
});
