import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { secretBytes, secrets } from '../../src/kube/api/secret.ts';
import { challengeResource } from '../../src/kube/schema/challenge.ts';
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

  const secretOf = async (name: string) => {
    const key = { namespace: 'default', name: `${name}-tls` };
    const secret = await world.cluster.client.get(secrets, key, { signal: AbortSignal.timeout(10_000) });
    assert.ok(secret !== undefined);
    return secret;
  };

  test(
    'apex and wildcard are issued, with nothing in the Secret that ACME does not give',
    { timeout: 60_000 },
    async () => {
      await world.delegate(['apex.example.org']);
      const names = ['apex.example.org', '*.apex.example.org'];
      await world.apply(certificateYaml('apex', names));
      await world.untilReady('apex');
      const secret = await secretOf('apex');
      assert.deepEqual(Object.keys(secret.data ?? {}).toSorted(), ['tls.crt', 'tls.key']);
      const leaf = new X509Certificate(secretBytes(secret, 'tls.crt') ?? '');
      assert.deepEqual(leaf.subjectAltName?.split(', ').toSorted(), names.map((name) => `DNS:${name}`).toSorted());
      // What was put into DNS for it is gone with its Challenges.
      const left = await world.cluster.kubectl(['get', 'challenges', '-A', '-o', 'name']);
      assert.equal(left.trim(), '');
    },
  );

  test(
    'a missing CNAME is said word for word before anything is ordered, and when it is there it goes on',
    { timeout: 60_000 },
    async () => {
      const { orders } = world.chain.pebble.counts();
      await world.apply(certificateYaml('later', ['later.example.org', '*.later.example.org']));
      const record = `_acme-challenge.later.example.org.  CNAME  ${world.targetOf('later.example.org')}.`;
      const said = await world.untilSaid('later', /add at your DNS provider/);
      assert.ok(said.includes(record), said);
      assert.equal(said.split(record).length, 2, 'once, though two names need it');
      assert.equal(world.chain.pebble.counts().orders, orders);
      const events = await world.cluster.kubectl(['get', 'events', '-o', 'json']);
      const { items } = JSON.parse(events) as { items: { involvedObject: { kind: string }; message: string }[] };
      const told = items.filter(({ message }) => message.includes(record)).map((event) => event.involvedObject.kind);
      assert.deepEqual([...new Set(told)].toSorted(), ['Certificate', 'Order']);
      const added = Date.now();
      await world.delegate(['later.example.org']);
      await world.untilReady('later');
      assert.ok(Date.now() - added < 15_000, `it took ${Date.now() - added} ms to notice`);
    },
  );

  test('one wrong CNAME among sixty good ones holds up none of them', { timeout: 120_000 }, async () => {
    const good = Array.from({ length: 60 }, (_, index) => `good${index}`);
    await world.delegate(good.map((name) => `${name}.example.org`));
    await world.chain.addCnames([['_acme-challenge.wrong.example.org', 'elsewhere.example.org']]);
    const yaml = ['wrong', ...good].map((name) => certificateYaml(name, [`${name}.example.org`])).join('');
    await world.apply(yaml.replaceAll('spec:\n', 'spec:\n  privateKey: { algorithm: ECDSA }\n'));
    await Promise.all(good.map((name) => world.untilReady(name, 90_000)));
    const said = await world.untilSaid('wrong', /leads/);
    assert.match(said, /elsewhere\.example\.org/);
    assert.ok(
      said.includes(`_acme-challenge.wrong.example.org.  CNAME  ${world.targetOf('wrong.example.org')}.`),
      said,
    );
  });

  test(
    'what the CA saw stands in the Certificate, and a Challenge can be deleted at any time',
    { timeout: 60_000 },
    async () => {
      await world.delegate(['victim.example.org']);
      await world.apply(certificateYaml('victim', ['victim.example.org']));
      await world.untilReady('victim');
      // An Issuer of another namespace has a label of its own: this CNAME is not for it.
      await world.cluster.kubectl(['create', 'namespace', 'tenant']);
      await world.cluster.kubectl(
        ['-n', 'tenant', 'apply', '-f', '-'],
        issuerYaml(world.chain, { name: 'own', kind: 'Issuer' }),
      );
      await world.cluster.kubectl(
        ['-n', 'tenant', 'apply', '-f', '-'],
        certificateYaml('theft', ['victim.example.org'], 'own', 'Issuer'),
      );
      const target = world.targetOf('victim.example.org', 'tenant');
      assert.notEqual(target, world.targetOf('victim.example.org'));
      const until = Date.now() + 20_000;
      for (;;) {
        const orders = await world.cluster.kubectl([
          '-n',
          'tenant',
          'get',
          'orders',
          '-o',
          'jsonpath={.items[*].status.reason}',
        ]);
        if (orders.includes(target)) break;
        assert.ok(Date.now() < until, `it was not said: ${orders}`);
      }
      const { client } = world.cluster;
      for await (const page of client.list(
        challengeResource,
        { namespace: 'tenant' },
        { signal: AbortSignal.timeout(5000) },
      )) {
        assert.deepEqual(page.items, []);
      }
    },
  );
});
