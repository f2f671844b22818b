import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { runKubeWebhook } from '../../src/app/kube-webhook.ts';
import type { Clock } from '../../src/core/clock.ts';
import { secretBytes, secrets } from '../../src/kube/api/secret.ts';
import { freePort } from './free-port.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { installOurCrds, startController } from './kube-controller.ts';
import type { RunningProcess } from './process.ts';

const manifest = readFileSync(new URL('../../deploy/webhook.yaml', import.meta.url), 'utf8');
const quiet = () => {};
const DAY = 86_400_000;
const REQUESTS = '/apis/cert-manager.io/v1/namespaces/default/certificaterequests';

interface Request {
  readonly spec: Readonly<Record<string, unknown>>;
}

describe(
  'the webhook, where the API server has no mutating policies',
  { skip: kubeClusterSkip(), timeout: 120_000 },
  () => {
    let cluster: KubeCluster;
    let controller: RunningProcess;
    let port: number;

    before(async () => {
      cluster = await startKubeCluster();
      await installOurCrds(cluster);
      await cluster.kubectl(['create', 'namespace', 'evercert']);
      await cluster.kubectl(['create', 'namespace', 'cert-manager']);
      port = await freePort();
      // Services lead nowhere here, so the API server is told the address.
      const configuration = parseAllDocuments(manifest)[0]?.toJS() as { webhooks: [{ clientConfig: object }] };
      configuration.webhooks[0].clientConfig = { url: `https://127.0.0.1:${port}/` };
      await cluster.kubectl(['apply', '--validate=strict', '-f', '-'], JSON.stringify(configuration));
      controller = await startController(cluster, [`--webhook-listen-address=127.0.0.1:${port}`], {
        ready: /"message":"webhook"/,
      });
    });
    after(async () => {
      await controller?.stop();
      await cluster?.stop();
    });

    const create = async (more: object, dryRun: boolean): Promise<Request> => {
      const signal = AbortSignal.timeout(30_000);
      const client = await cluster.clientFor(await cluster.tokenFor('default', 'asker'));
      const body = {
        apiVersion: 'cert-manager.io/v1',
        kind: 'CertificateRequest',
        metadata: { generateName: 'asked-' },
        spec: { request: 'eA==', issuerRef: { name: 'x', group: 'example.org' }, ...more },
      };
      return (await client.raw(
        { method: 'POST', path: REQUESTS, body, ...(dryRun && { query: { dryRun: 'All' } }) },
        { signal },
      )) as Request;
    };

    test('it makes its certificate, is trusted, and writes who asks', async () => {
      await cluster.kubectl([
        'create',
        'clusterrole',
        'ask',
        '--verb=create',
        '--resource=certificaterequests.cert-manager.io',
      ]);
      await cluster.kubectl([
        'create',
        'clusterrolebinding',
        'ask',
        '--clusterrole=ask',
        '--serviceaccount=default:asker',
      ]);
      const deadline = AbortSignal.timeout(20_000);
      while ((await create({}, true)).spec['username'] === undefined)
        await setTimeout(100, undefined, { signal: deadline });
      const { spec } = await create({ username: 'admin', groups: ['system:masters'], extra: { a: ['b'] } }, false);
      assert.equal(spec['username'], 'system:serviceaccount:default:asker');
      assert.deepEqual(spec['groups'], [
        'system:serviceaccounts',
        'system:serviceaccounts:default',
        'system:authenticated',
      ]);
      assert.deepEqual(Object.keys(spec['extra'] as object), ['authentication.kubernetes.io/credential-id']);
      assert.doesNotMatch(controller.output(), /cannot be kept right|PRIVATE KEY/);
    });

    test('nothing stands still without it', async () => {
      await controller.stop();
      assert.equal((await create({}, false)).spec['username'], undefined);
    });

    test('its CA is replaced in time, in a process that runs for months, and the API server follows', async () => {
      const configuration = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/evercert';
      const secret = { namespace: 'evercert', name: 'evercert-webhook-ca' };
      const deadline = AbortSignal.timeout(40_000);
      await cluster.client.delete(secrets, secret, { signal: deadline });
      let now = Date.now() - 250 * DAY;
      let wake = Promise.withResolvers<void>();
      const clock: Clock = {
        now: () => now,
        sleep: (_, signal) => Promise.race([wake.promise, once(signal, 'abort').then(() => signal.throwIfAborted())]),
      };
      const ending = new AbortController();
      const running = runKubeWebhook(
        {
          listener: { address: '127.0.0.1', port },
          namespace: 'evercert',
          client: cluster.client,
          clock,
          logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
        },
        ending.signal,
      );
      running.catch(() => {});
      try {
        const trusted = async (): Promise<readonly string[]> => {
          const found = await cluster.client.raw({ method: 'GET', path: configuration }, { signal: deadline });
          const { caBundle = '' } = (found as { webhooks: [{ clientConfig: { caBundle?: string } }] }).webhooks[0]
            .clientConfig;
          return (
            Buffer.from(caBundle, 'base64')
              .toString()
              .match(/-----BEGIN[^]*?-----END CERTIFICATE-----\n/g) ?? []
          );
        };
        const current = async (): Promise<string> => {
          const found = await cluster.client.get(secrets, secret, { signal: deadline });
          return Buffer.from((found && secretBytes(found, 'tls.crt')) ?? []).toString();
        };
        const until = async (holds: () => Promise<boolean>): Promise<void> => {
          while (!(await holds())) await setTimeout(100, undefined, { signal: deadline });
        };
        await until(async () => (await current()) !== '' && (await trusted())[0] === (await current()));
        const first = await current();
        now = Date.now();
        const { resolve } = wake;
        wake = Promise.withResolvers();
        resolve();
        await until(async () => (await trusted()).length === 2);
        assert.notEqual(await current(), first);
        assert.deepEqual(await trusted(), [await current(), first]);
        await until(async () => (await create({}, true)).spec['username'] !== undefined);
      } finally {
        ending.abort();
        await running;
      }
    });
  },
);
