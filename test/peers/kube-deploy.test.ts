import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { KubeClient } from '../../src/kube/api/client.ts';
import type { KubeObject } from '../../src/kube/api/object.ts';
import { conditionOf } from '../../src/kube/conditions.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import { writeKubeconfig } from './kube-certificates.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { startController, waitForObject } from './kube-controller.ts';
import type { RunningProcess } from './process.ts';
import { tempFolder } from './temp-folder.ts';

const folder = fileURLToPath(new URL('../../deploy/', import.meta.url));
const SIGNAL = () => AbortSignal.timeout(30_000);

interface Manifest extends KubeObject {
  readonly spec?: Record<string, unknown>;
}

function documents(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => document.toJS() as Manifest);
}

/** In the order in which a person applies them. What is in place of something else comes last. */
const FILES = [
  'namespace.yaml',
  'crds.yaml',
  'admission-policies.yaml',
  'rbac.yaml',
  'user-roles.yaml',
  'deployment.yaml',
  'services.yaml',
  'network-policy.yaml',
];
const INSTEAD = ['rbac-one-namespace.yaml', 'admission-identity.yaml'];
const FLAGS = [
  '--feature-gates=MutatingAdmissionPolicy=true',
  '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
];

describe('the manifests of deploy/', { skip: kubeClusterSkip(), timeout: 180_000 }, () => {
  let cluster: KubeCluster;
  before(async () => {
    cluster = await startKubeCluster({ flags: FLAGS });
  });
  after(() => cluster?.stop());

  const ask = (path: string, body: object, query = {}) =>
    cluster.client.raw({ method: 'POST', path, body, query }, { signal: SIGNAL() });

  test('none is forgotten here', () => {
    const there = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
    assert.deepEqual(there.toSorted(), [...FILES, ...INSTEAD, 'webhook.yaml', 'kustomization.yaml'].toSorted());
  });

  for (const file of FILES) {
    test(`${file} is applied as it stands`, async () => {
      await cluster.kubectl(['apply', '--validate=strict', '-f', join(folder, file)]);
    });
  }

  test('and all of them at once', async () => {
    const whole = await cluster.kubectl(['kustomize', folder]);
    const each = FILES.map((file) => documents(file));
    const names = (all: readonly Manifest[]) => all.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted();
    const parsed = parseAllDocuments(whole).map((document) => document.toJS() as Manifest);
    assert.deepEqual(names(parsed), names(each.flat()));
    await cluster.kubectl(['apply', '-k', folder]);
  });

  test('the pod keeps to the strictest standard that there is', async () => {
    const deployment = documents('deployment.yaml').find(({ kind }) => kind === 'Deployment');
    assert.ok(deployment);
    const { template } = deployment.spec as { template: { metadata: object; spec: object } };
    const pod = (spec: object) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...template.metadata, name: 'x' },
      spec,
    });
    const path = '/api/v1/namespaces/evercert/pods';
    await ask(path, pod(template.spec), { dryRun: 'All' });
    const looser = pod({ ...template.spec, hostNetwork: true });
    await assert.rejects(ask(path, looser, { dryRun: 'All' }), /violates PodSecurity "restricted/);
  });

  describe('who may do what', () => {
    const rows: [who: string, verb: string, resource: string, namespace: string, may: boolean][] = [
      ['evercert', 'list', 'secrets', 'web', true],
      ['evercert', 'update', 'certificates.cert-manager.io/status', 'web', true],
      ['evercert', 'create', 'challenges.acme.cert-manager.io', 'web', true],
      ['evercert', 'create', 'leases.coordination.k8s.io', 'evercert', true],
      ['evercert', 'create', 'leases.coordination.k8s.io', 'web', false],
      ['evercert', 'delete', 'leases.coordination.k8s.io', 'evercert', false],
      ['evercert', 'get', 'configmaps', 'web', false],
      ['evercert', 'get', 'pods', 'web', false],
      ['evercert', 'update', 'secrets', 'web', false],
      ['evercert', 'delete', 'orders.acme.cert-manager.io', 'web', false],
      ['evercert', 'update', 'issuers.cert-manager.io', 'web', false],
      ['evercert', 'update', 'certificaterequests.cert-manager.io', 'web', false],
      ['evercert', 'update', 'ingresses.networking.k8s.io', 'web', false],
      ['evercert', 'list', 'ingresses.networking.k8s.io', 'web', true],
      ['evercert', 'get', 'ingresses.networking.k8s.io', 'web', false],
      ['evercert', 'patch', 'certificates.cert-manager.io', 'web', false],
      ['evercert', 'watch', 'gateways.gateway.networking.k8s.io', 'web', true],
      ['evercert', 'update', 'gateways.gateway.networking.k8s.io', 'web', false],
      ['editor', 'create', 'certificates.cert-manager.io', 'web', true],
      ['editor', 'update', 'certificates.cert-manager.io/status', 'web', true],
      ['editor', 'update', 'certificaterequests.cert-manager.io/status', 'web', false],
      ['editor', 'create', 'orders.acme.cert-manager.io', 'web', false],
      ['editor', 'update', 'orders.acme.cert-manager.io', 'web', false],
      ['editor', 'delete', 'orders.acme.cert-manager.io', 'web', true],
      ['editor', 'create', 'challenges.acme.cert-manager.io', 'web', false],
      ['editor', 'patch', 'challenges.acme.cert-manager.io', 'web', true],
      ['editor', 'create', 'clusterissuers.cert-manager.io', '', false],
      ['viewer', 'get', 'challenges.acme.cert-manager.io', 'web', true],
      ['viewer', 'update', 'certificates.cert-manager.io', 'web', false],
    ];
    before(async () => {
      // Aggregation into `edit` and `view` is the work of a controller that is not there.
      for (const [role, user] of [
        ['edit', 'editor'],
        ['view', 'viewer'],
      ]) {
        await cluster.kubectl([
          'create',
          'clusterrolebinding',
          `test-${user}`,
          `--clusterrole=evercert-${role}`,
          `--user=${user}`,
        ]);
      }
    });
    for (const [who, verb, resource, namespace, may] of rows) {
      test(`${who} ${may ? 'may' : 'may not'} ${verb} ${resource} in ${namespace}`, async () => {
        const user = who === 'evercert' ? 'system:serviceaccount:evercert:evercert' : who;
        const [full = '', subresource] = resource.split('/');
        const [name, ...group] = full.split('.');
        const attributes = { verb, group: group.join('.'), resource: name, subresource, namespace };
        const answer = (await ask('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: { user, resourceAttributes: attributes },
        })) as { status: { allowed: boolean } };
        assert.equal(answer.status.allowed, may);
      });
    }
  });

  test('the controller gets by on these roles', async () => {
    await issueAs(cluster, 'for-all', []);
  });

  describe('for one namespace only', () => {
    before(async () => {
      const roles = documents('rbac.yaml').filter(({ kind }) => kind.startsWith('ClusterRole'));
      await cluster.kubectl(['delete', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: roles }));
    });
    for (const file of INSTEAD) {
      test(`${file} is applied as it stands`, async () => {
        await cluster.kubectl(['apply', '--validate=strict', '-f', join(folder, file)]);
      });
    }
    test('the controller gets by on its role', async () => {
      await issueAs(cluster, 'for-one', ['--namespace=default']);
    });

    test('webhook.yaml is applied as it stands, and lets the controller say by what it is trusted', async () => {
      await cluster.kubectl(['apply', '--validate=strict', '-f', join(folder, 'webhook.yaml')]);
      await withController(
        cluster,
        ['--namespace=default', '--webhook-listen-address=127.0.0.1:0'],
        async (controller) => {
          const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/evercert';
          const signal = SIGNAL();
          const trusted = async () => {
            const found = await cluster.client.raw({ method: 'GET', path }, { signal });
            return (found as { webhooks: [{ clientConfig: { caBundle?: string } }] }).webhooks[0].clientConfig.caBundle;
          };
          while ((await trusted()) === undefined) await setTimeout(100, undefined, { signal });
          assert.doesNotMatch(controller.output(), /does not let us|forbidden/i);
        },
      );
    });

    test('an issuer that its role does not name: the Certificate says which right is missing', async () => {
      await withController(cluster, ['--namespace=default'], async () => {
        await cluster.kubectl(
          ['apply', '-f', '-'],
          selfSigned('unnamed').replaceAll('name: selfsigned', 'name: unnamed'),
        );
        const said =
          /may not approve or deny requests for issuers\.cert-manager\.io\/default\.unnamed: that takes the verb/;
        await waitForObject(cluster.client, certificateResource, { namespace: 'default', name: 'unnamed' }, (found) =>
          said.test(conditionOf(found?.status?.conditions, 'Issuing')?.message ?? ''),
        );
      });
    });
  });
});

/** `evercert kube controller` with the rights of the manifests: it is never refused anything. */
async function issueAs(cluster: KubeCluster, name: string, flags: readonly string[]): Promise<void> {
  await withController(cluster, flags, async (controller) => {
    await cluster.kubectl(['apply', '-f', '-'], selfSigned(name));
    await waitForReady(cluster.client, name).catch((error: unknown) => {
      throw new Error(controller.output(), { cause: error });
    });
    assert.doesNotMatch(controller.output(), /does not let us|forbidden/i);
  });
}

async function withController(
  cluster: KubeCluster,
  flags: readonly string[],
  act: (controller: RunningProcess) => Promise<void>,
): Promise<void> {
  const temp = tempFolder('kube-deploy');
  try {
    const kubeconfig = join(temp.path, 'kubeconfig');
    const token = await cluster.tokenFor('evercert', 'evercert');
    await writeKubeconfig(kubeconfig, { server: cluster.url, caFile: cluster.caFile, user: { token } });
    const controller = await startController({ kubeconfig }, [
      '--leader-elect=true',
      '--leader-election-namespace=evercert',
      '--cluster-resource-namespace=evercert',
      ...flags,
    ]);
    try {
      await act(controller);
    } finally {
      await controller.stop();
    }
  } finally {
    temp.remove();
  }
}

async function waitForReady(client: KubeClient, name: string): Promise<void> {
  await waitForObject(client, certificateResource, { namespace: 'default', name }, (certificate) =>
    (certificate?.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
}

function selfSigned(name: string): string {
  return `
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: selfsigned, namespace: default }
spec: { selfSigned: {} }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: ${name}, namespace: default }
spec:
  secretName: ${name}
  dnsNames: [deploy.example.org]
  issuerRef: { name: selfsigned }
`;
}
