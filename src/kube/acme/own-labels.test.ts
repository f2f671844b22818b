import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDomainName } from '../../core/domain-name.ts';
import type { KubeClient } from '../api/client.ts';
import { secretData, secrets } from '../api/secret.ts';
import { createFakeDeps } from '../testing/fake-deps.ts';
import { createOwnLabels, labelFrom, LABEL_SECRET } from './own-labels.ts';

const KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const DOMAIN = parseDomainName('example.org');
const CLUSTER = { kind: 'ClusterIssuer', namespace: 'cert-manager' } as const;
const TENANT = { kind: 'Issuer', namespace: 'team-a' } as const;
const signal = (): AbortSignal => AbortSignal.timeout(5000);

describe('the label of a domain', () => {
  // Vectors: whoever changes what comes out here has every user change every CNAME.
  test('is for ever', () => {
    assert.equal(labelFrom(KEY, DOMAIN, CLUSTER), 'f120ee0c-2d33-8e14-86a5-041a87d6200d');
    assert.equal(labelFrom(KEY, DOMAIN, TENANT), '44f9d1b7-99dc-8560-8535-61b3cda06016');
  });

  test('does not follow where the Secrets of ClusterIssuers are', () => {
    assert.equal(labelFrom(KEY, DOMAIN, CLUSTER), labelFrom(KEY, DOMAIN, { ...CLUSTER, namespace: 'elsewhere' }));
  });

  test('is another one for each domain, each tenant and each installation', () => {
    const labels = [
      labelFrom(KEY, DOMAIN, CLUSTER),
      labelFrom(KEY, DOMAIN, TENANT),
      labelFrom(KEY, DOMAIN, { ...TENANT, namespace: 'team-b' }),
      labelFrom(KEY, parseDomainName('www.example.org'), CLUSTER),
      labelFrom(Buffer.alloc(32), DOMAIN, CLUSTER),
    ];
    assert.equal(new Set(labels).size, labels.length);
    for (const label of labels)
      assert.match(label, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('the key of the labels', () => {
  const inCluster = (put?: Record<string, Uint8Array>) => {
    const kube = createFakeDeps();
    if (put !== undefined) {
      kube.put(secrets, { metadata: { name: LABEL_SECRET, namespace: 'evercert' }, data: secretData(put) });
    }
    return kube;
  };

  test('is made once, and read ever after', async () => {
    const kube = inCluster();
    const first = await createOwnLabels(kube.deps.client, 'evercert')(DOMAIN, CLUSTER, signal());
    const later = createOwnLabels(kube.deps.client, 'evercert');
    assert.equal(await later(DOMAIN, CLUSTER, signal()), first);
    assert.equal(await later(DOMAIN, CLUSTER, signal()), first);
    assert.deepEqual(kube.writes, [`create Secret/${LABEL_SECRET}`]);
  });

  test('of two instances that make it at once, one wins, and both have its', async () => {
    const kube = inCluster();
    const { client } = kube.deps;
    // As when both have looked before either has written.
    let looks = 0;
    const racing = {
      ...client,
      get: async (...args: Parameters<KubeClient['get']>) => ((looks += 1) <= 2 ? undefined : client.get(...args)),
    };
    const labels = await Promise.all(
      [1, 2].map(() => createOwnLabels(racing as KubeClient, 'evercert')(DOMAIN, CLUSTER, signal())),
    );
    assert.equal(labels[0], labels[1]);
  });

  test('is not made anew where it was damaged: every CNAME would be wrong', async () => {
    for (const data of [{}, { key: Buffer.alloc(8) }]) {
      const kube = inCluster(data);
      const labels = createOwnLabels(kube.deps.client, 'evercert');
      await assert.rejects(labels(DOMAIN, CLUSTER, signal()), { code: 'label-key-invalid' });
      assert.deepEqual(kube.writes, []);
    }
  });
});
