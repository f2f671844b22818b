import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { createAcmeClient } from '../../src/acme/client.ts';
import { deactivateAccount, openAccount } from '../../src/acme/account.ts';
import { systemClock } from '../../src/core/clock.ts';
import { secretBytes, secrets } from '../../src/kube/api/secret.ts';
import { conditionOf } from '../../src/kube/conditions.ts';
import { clusterIssuerResource } from '../../src/kube/schema/issuer.ts';
import { freePort } from './free-port.ts';
import { certificateYaml, issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { waitForObject } from './kube-controller.ts';
import { peers } from './require-peer.ts';

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');
const LIMIT = { timeout: 90_000 };

describe('ACME in a cluster, when the CA makes trouble', { skip, timeout: 170_000 }, () => {
  let world: KubeAcmeWorld;
  before(async () => {
    world = await startKubeAcmeWorld({ pebble: { blockedNames: ['blocked.example.org'] } });
    await world.apply(issuerYaml(world.chain));
    await issuer(({ ready }) => ready === 'True');
  });
  after(async () => {
    await world?.stop();
  });

  const signal = () => AbortSignal.timeout(10_000);
  const issuer = (isSo: (seen: { ready: string | undefined; message: string; uri: string | undefined }) => boolean) =>
    waitForObject(world.cluster.client, clusterIssuerResource, { name: 'pebble' }, (found) => {
      const ready = conditionOf(found?.status?.conditions, 'Ready');
      return isSo({ ready: ready?.status, message: ready?.message ?? '', uri: found?.status?.acme?.uri });
    });

  test(
    'a CA that is away is waited for, and one that comes back without its memory is registered with again',
    LIMIT,
    async () => {
      await world.delegate(['away.example.org']);
      await world.chain.pebble.restart(async () => {
        await world.apply(certificateYaml('away', ['away.example.org', '*.away.example.org']));
        await world.untilSaid('away', /cannot be reached|refused/);
      });
      await world.untilReady('away', 60_000);
    },
  );

  test(
    'nameservers of a solver: what they do not know is not asked elsewhere, and mended it goes on',
    LIMIT,
    async () => {
      await world.delegate(['through.example.org']);
      const through = (server: string) =>
        issuerYaml(world.chain, { name: 'through', solver: `nameservers: ["${server}"]\n        acmeDNS: {}` });
      const closed = `127.0.0.1:${await freePort()}`;
      await world.apply(through(closed));
      await world.apply(certificateYaml('through', ['through.example.org', '*.through.example.org'], 'through'));
      await world.untilSaid('through', new RegExp(closed.replaceAll('.', '\\.')));
      await world.apply(through('ns.example.net'));
      await world.untilSaid('through', /in dns01\.nameservers of its solver "ns\.example\.net" is not an address/);
      await world.apply(through(world.chain.at.resolver));
      await world.untilReady('through', 60_000);
    },
  );

  test('a CA that forgets an order in the middle of it: it is begun anew', LIMIT, async () => {
    await world.delegate(['forgotten.example.org']);
    const forgotten = Promise.withResolvers<void>();
    const stop = world.chain.pebble.onLog((piece) => {
      if (!/Added order/.test(piece)) return;
      stop();
      world.chain.pebble.restart().then(forgotten.resolve, forgotten.reject);
    });
    await world.apply(certificateYaml('forgotten', ['forgotten.example.org']));
    await forgotten.promise;
    await world.untilReady('forgotten', 60_000);
    // What it knows now, it was told since: the account again, and another order.
    const { accounts, orders, certificates } = world.chain.pebble.counts();
    assert.deepEqual({ accounts, orders, certificates }, { accounts: 1, orders: 1, certificates: 1 });
  });

  test('a name that the CA will not sign: the Certificate says why', LIMIT, async () => {
    await world.delegate(['blocked.example.org']);
    await world.apply(certificateYaml('blocked', ['blocked.example.org']));
    const said = await world.untilSaid('blocked', /failed/);
    assert.match(said, /blocked\.example\.org/);
    assert.match(said, /order is in "errored" state: the CA at 127\.0\.0\.1:\d+ refused to create the order: /);
  });

  test('an account that was deactivated: the issuer says so, and with a new key it goes on', LIMIT, async () => {
    const found = await issuer(({ ready }) => ready === 'True');
    const key = { namespace: 'cert-manager', name: 'pebble-account' };
    const secret = await world.cluster.client.get(secrets, key, { signal: signal() });
    const privateKey = Buffer.from((secret && secretBytes(secret, 'tls.key')) ?? '').toString();
    const client = createAcmeClient({
      directoryUrl: world.chain.pebble.directoryUrl,
      trust: readFileSync(world.chain.pebble.rootFile, 'utf8'),
      clock: systemClock,
    });
    const url = found?.status?.acme?.uri ?? '';
    try {
      await deactivateAccount(openAccount(client, { privateKey, url }), signal());
    } finally {
      await client.close();
    }
    await world.delegate(['deactivated.example.org']);
    await world.apply(certificateYaml('deactivated', ['deactivated.example.org']));
    await issuer(({ ready, message }) => ready === 'False' && /deactivated/.test(message));
    await world.cluster.kubectl(['-n', 'cert-manager', 'delete', 'secret', 'pebble-account']);
    await issuer(({ ready, uri }) => ready === 'True' && uri !== url);
    await world.untilReady('deactivated', 60_000);
  });
});
