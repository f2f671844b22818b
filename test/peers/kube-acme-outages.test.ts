import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startCaProxy } from './ca-proxy.ts';
import type { CaProxy, InterposedAnswer } from './ca-proxy.ts';
import { certificateYaml, issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { peers } from './require-peer.ts';

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');
const LIMIT = { timeout: 100_000 };
/** Seconds in Retry-After. */
const PAUSE = 8;

describe('ACME in a cluster, when others say no or are away', { skip, timeout: 170_000 }, () => {
  let world: KubeAcmeWorld;
  let proxy: CaProxy;
  before(async () => {
    world = await startKubeAcmeWorld();
    proxy = await startCaProxy(world.chain.pebble);
    await world.apply(issuerYaml(world.chain) + issuerYaml({ pebble: proxy.pebble }, { name: 'limited' }));
  });
  after(async () => {
    await proxy?.stop();
    await world?.stop();
  });

  test('a limit of the account (429) holds for all its orders, until Retry-After is over', LIMIT, async () => {
    await world.delegate(['one.example.org', 'two.example.org']);
    let refused: number | undefined;
    proxy.answer = (path) => {
      if (!/order/.test(path) || refused !== undefined) return undefined;
      refused = Date.now();
      return LIMITED;
    };
    await world.apply(certificateYaml('one', ['one.example.org'], 'limited'));
    await world.untilSaid('one', /too many new orders \(300\) .* tried again at/);
    await world.apply(certificateYaml('two', ['two.example.org'], 'limited'));
    await world.untilSaid('two', /no new orders from the account before/);
    await Promise.all([world.untilReady('one'), world.untilReady('two')]);
    const tooEarly = proxy.asked.filter(
      ({ path, at }) =>
        /order/.test(path) && refused !== undefined && at > refused + 200 && at < refused + PAUSE * 1000,
    );
    assert.deepEqual(tooEarly, []);
  });

  test('a web page in the middle of an order is waited out, and the order goes on', LIMIT, async () => {
    await world.delegate(['page.example.org']);
    const { orders } = world.chain.pebble.counts();
    let pages = 0;
    proxy.answer = (path) => {
      if (!/final|authZ|my-order/i.test(path) || pages === 4) return undefined;
      pages += 1;
      return { status: 503, headers: { 'content-type': 'text/html' }, body: '<html>Down for maintenance</html>' };
    };
    await world.apply(certificateYaml('page', ['page.example.org'], 'limited'));
    await world.untilReady('page', 60_000);
    assert.equal(pages, 4);
    assert.equal(world.chain.pebble.counts().orders, orders + 1);
  });

  test(
    'the API server dies in the middle of issuances, with its history: each is ended, and ordered once',
    LIMIT,
    async () => {
      const names = Array.from({ length: 8 }, (_, index) => `outage${index}`);
      await world.delegate([...names, 'afterwards'].map((name) => `${name}.example.org`));
      const { orders } = world.chain.pebble.counts();
      const begun = new Promise<void>((resolve) => {
        const end = world.chain.pebble.onLog((piece) => {
          if (!piece.includes('Added order')) return;
          end();
          resolve();
        });
      });
      await world.apply(
        names.map((name) => certificateYaml(name, [`${name}.example.org`, `*.${name}.example.org`])).join(''),
      );
      await begun;
      await world.cluster.compactEtcd();
      await world.cluster.restartApiServer();
      await world.cluster.compactEtcd();
      await Promise.all(names.map((name) => world.untilReady(name, 60_000)));
      assert.equal(world.chain.pebble.counts().orders, orders + names.length);
      await world.apply(certificateYaml('afterwards', ['afterwards.example.org']));
      await world.untilReady('afterwards');
      assert.doesNotMatch(world.controller().output(), /"level":"error"/);
    },
  );
});

const LIMITED: InterposedAnswer = {
  status: 429,
  headers: { 'content-type': 'application/problem+json', 'retry-after': String(PAUSE) },
  body: JSON.stringify({
    type: 'urn:ietf:params:acme:error:rateLimited',
    detail: 'too many new orders (300) from this account in the last 3h0m0s',
    status: 429,
  }),
};
