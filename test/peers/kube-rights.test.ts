import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { conditionOf } from '../../src/kube/conditions.ts';
import { labelFrom } from '../../src/kube/acme/own-labels.ts';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import { CHALLENGE_ZONE, DOMAIN, startChain } from './chain.ts';
import type { Chain } from './chain.ts';
import { certificateYaml, issuerYaml } from './kube-acme-world.ts';
import { writeKubeconfig } from './kube-certificates.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { startController, waitForObject } from './kube-controller.ts';
import { peers } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');
const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url));
const KEY = Buffer.alloc(32, 9);
/** Whoever names an owner must be allowed to hold up its deletion: some clusters have it so. */
const OWNERS = ['--enable-admission-plugins=OwnerReferencesPermissionEnforcement'];

describe('ACME with the rights of deploy/ and under its policies', { skip, timeout: 170_000 }, () => {
  let cluster: KubeCluster;
  let chain: Chain;
  before(async () => {
    [cluster, chain] = await Promise.all([startKubeCluster({ controllers: true, flags: OWNERS }), startChain()]);
  });
  after(async () => {
    await Promise.all([cluster?.stop(), chain?.stop()]);
  });

  const rows: [what: string, roles: string, flags: string[], kind: string][] = [
    ['for the whole cluster', 'rbac.yaml', [], 'ClusterIssuer'],
    ['for one namespace', 'rbac-one-namespace.yaml', ['--namespace=default'], 'Issuer'],
  ];
  for (const [what, roles, flags, kind] of rows) {
    test(what, { timeout: 80_000 }, async () => {
      const temp = tempFolder('kube-rights');
      const domain = `${kind.toLowerCase()}.example.org`;
      try {
        await cluster.kubectl(['apply', '-k', deploy]);
        if (roles !== 'rbac.yaml') await cluster.kubectl(['delete', '-f', join(deploy, 'rbac.yaml')]);
        await cluster.kubectl(['apply', '-f', join(deploy, roles)]);
        await cluster.kubectl(['apply', '-f', '-'], LABELS);
        const kubeconfig = join(temp.path, 'kubeconfig');
        const token = await cluster.tokenFor('evercert', 'evercert');
        await writeKubeconfig(kubeconfig, { server: cluster.url, caFile: cluster.caFile, user: { token } });
        const controller = await startController({ kubeconfig }, [
          '--cluster-resource-namespace=evercert',
          `--dns-zone=${CHALLENGE_ZONE}`,
          `--dns-listen=${chain.at.ourDns}`,
          '--dns-nameserver=ns.example.net',
          `--dns01-recursive-nameservers=${chain.at.resolver}`,
          `--dns01-route=${DOMAIN}=${chain.at.userServer}`,
          ...flags,
        ]);
        try {
          const scope =
            kind === 'Issuer'
              ? ({ kind, namespace: 'default' } as const)
              : ({ kind: 'ClusterIssuer', namespace: '' } as const);
          const target = `${labelFrom(KEY, parseDomainName(domain), scope)}.${CHALLENGE_ZONE}`;
          await chain.addCnames([[`_acme-challenge.${domain}`, target]]);
          const name = `by-${kind.toLowerCase()}`;
          const yaml =
            issuerYaml(chain, { name: 'letsencrypt', kind }) +
            certificateYaml(name, [domain, `*.${domain}`], 'letsencrypt', kind);
          await cluster.kubectl(['apply', '-f', '-'], yaml);
          await waitForObject(
            cluster.client,
            certificateResource,
            { namespace: 'default', name },
            (certificate) => conditionOf(certificate?.status?.conditions, 'Ready')?.status === 'True',
            40_000,
          ).catch((error: unknown) => {
            throw new Error(controller.output(), { cause: error });
          });
          assert.doesNotMatch(controller.output(), /does not let us|forbidden/i);
        } finally {
          await controller.stop();
        }
      } finally {
        temp.remove();
      }
    });
  }
});

const LABELS = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'evercert-challenge-labels', namespace: 'evercert' },
  data: { key: KEY.toString('base64') },
});
