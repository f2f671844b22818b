import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gateways } from '../../src/kube/api/gateway.ts';
import { ingresses } from '../../src/kube/api/ingress.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import { writeKubeconfig } from './kube-certificates.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { startController, waitForObject } from './kube-controller.ts';
import { tempFolder } from './temp-folder.ts';

const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url));
/** Whoever names an owner must be allowed to hold up its deletion: some clusters have it so. */
const OWNERS = ['--enable-admission-plugins=OwnerReferencesPermissionEnforcement'];

describe('Certificates by annotation with the rights of deploy/', { skip: kubeClusterSkip(), timeout: 120_000 }, () => {
  let cluster: KubeCluster;
  before(async () => {
    cluster = await startKubeCluster({ flags: OWNERS });
    await cluster.kubectl(['apply', '-k', deploy]);
    await cluster.installGatewayApi();
    await cluster.kubectl(['apply', '-f', '-'], PARENT);
  });
  after(() => cluster?.stop());

  const rows: [what: string, name: string, roles: string, flags: string[]][] = [
    ['for the whole cluster', 'all', 'rbac.yaml', []],
    ['for one namespace', 'one', 'rbac-one-namespace.yaml', ['--namespace=default']],
  ];
  for (const [what, name, roles, flags] of rows) {
    test(`${what}: they are made, changed and deleted, and nothing is refused`, { timeout: 60_000 }, async () => {
      const temp = tempFolder('kube-shim-rights');
      try {
        await cluster.kubectl(['delete', '-f', join(deploy, 'rbac.yaml')]);
        await cluster.kubectl(['apply', '-f', join(deploy, roles)]);
        const kubeconfig = join(temp.path, 'kubeconfig');
        const token = await cluster.tokenFor('evercert', 'evercert');
        await writeKubeconfig(kubeconfig, { server: cluster.url, caFile: cluster.caFile, user: { token } });
        const controller = await startController({ kubeconfig }, [
          '--cluster-resource-namespace=evercert',
          '--enable-gateway-api',
          '--enable-gateway-api-listenerset',
          ...flags,
        ]);
        const until = (secret: string, isRight: (names: readonly string[] | undefined) => boolean) =>
          waitForObject(
            cluster.client,
            certificateResource,
            { namespace: 'default', name: `${name}-${secret}` },
            (found) => isRight(found?.spec.dnsNames),
          ).catch((error: unknown) => {
            throw new Error(controller.output(), { cause: error });
          });
        try {
          await cluster.kubectl(['apply', '-f', '-'], ASKING.replaceAll('NAME', name));
          for (const secret of ['ingress', 'gateway', 'set', 'xset'])
            await until(secret, (names) => names?.length === 1);
          const body = {
            spec: { tls: [{ hosts: ['a.example.org', 'b.example.org'], secretName: `${name}-ingress` }] },
          };
          const options = { signal: AbortSignal.timeout(10_000) };
          const key = { namespace: 'default', name };
          await cluster.client.patch(ingresses, key, { type: 'merge', body }, options);
          await until('ingress', (names) => names?.length === 2);
          const listeners = [{ name: 'http', port: 80, protocol: 'HTTP' }];
          await cluster.client.patch(gateways, key, { type: 'merge', body: { spec: { listeners } } }, options);
          await until('gateway', (names) => names === undefined);
          assert.doesNotMatch(controller.output(), /does not let us|does not allow us|forbidden/i);
        } finally {
          await controller.stop();
        }
      } finally {
        temp.remove();
      }
    });
  }
});

const PARENT = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: parent, namespace: default }
spec: { gatewayClassName: any, listeners: [{ name: http, port: 80, protocol: HTTP }] }
`;

const LISTENER = (secret: string) =>
  `[{ name: https, port: 443, protocol: HTTPS, hostname: a.example.org, tls: { mode: Terminate, certificateRefs: [{ name: ${secret} }] } }]`;

const ASKING = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: NAME, namespace: default, annotations: { cert-manager.io/issuer: letsencrypt } }
spec:
  defaultBackend: { service: { name: shop, port: { number: 80 } } }
  tls: [{ hosts: [a.example.org], secretName: NAME-ingress }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: NAME, namespace: default, annotations: { cert-manager.io/issuer: letsencrypt } }
spec: { gatewayClassName: any, listeners: ${LISTENER('NAME-gateway')} }
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: NAME, namespace: default, annotations: { cert-manager.io/issuer: letsencrypt } }
spec: { parentRef: { name: parent }, listeners: ${LISTENER('NAME-set')} }
---
apiVersion: gateway.networking.x-k8s.io/v1alpha1
kind: XListenerSet
metadata: { name: NAME, namespace: default, annotations: { cert-manager.io/issuer: letsencrypt } }
spec: { parentRef: { name: parent }, listeners: ${LISTENER('NAME-xset')} }
`;
