import { readFileSync } from 'node:fs';
import { certificateResource } from '../../src/kube/schema/certificate.ts';
import type { Certificate } from '../../src/kube/schema/certificate.ts';
import { conditionOf } from '../../src/kube/conditions.ts';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { labelFrom } from '../../src/kube/acme/own-labels.ts';
import { CHALLENGE_ZONE, DOMAIN, startChain } from './chain.ts';
import type { Chain, ChainOptions } from './chain.ts';
import { startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { installOurCrds, startController, waitForObject } from './kube-controller.ts';
import type { RunningProcess } from './process.ts';

/** What labels come from in tests: so that a CNAME can be there before anybody has asked for it. */
const LABEL_KEY = Buffer.alloc(32, 7);

/** A cluster with evercert in it, and the world around: a CA, a resolver, and the zone of the user. */
export interface KubeAcmeWorld {
  readonly cluster: KubeCluster;
  readonly chain: Chain;
  /** The controller that runs now. */
  controller(): RunningProcess;
  /** Ends it, by SIGKILL unless told otherwise, and starts it anew. */
  restartController(signal?: NodeJS.Signals): Promise<void>;
  /** Adds the CNAMEs of these domains, as a ClusterIssuer (or the Issuers of a namespace) wants them. */
  delegate(domains: readonly string[], namespace?: string): Promise<void>;
  /** Where the CNAME of a domain has to lead. */
  targetOf(domain: string, namespace?: string): string;
  apply(yaml: string): Promise<void>;
  /** Until its Ready condition is True for its newest spec. */
  untilReady(name: string, timeout?: number): Promise<Certificate>;
  /** Until what it waits for, or why it failed, stands in its Issuing condition. Resolves to that message. */
  untilSaid(name: string, said: RegExp, timeout?: number): Promise<string>;
  stop(): Promise<void>;
}

export interface KubeAcmeOptions extends ChainOptions {
  readonly flags?: readonly string[];
  /** Somebody else serves the challenge zone, at the same address. */
  readonly foreignZone?: boolean;
  /** More flags of the API server. */
  readonly clusterFlags?: readonly string[];
}

export async function startKubeAcmeWorld(options: KubeAcmeOptions = {}): Promise<KubeAcmeWorld> {
  const ending: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ending.toReversed()) await end();
  };
  try {
    const [cluster, chain] = await Promise.all([
      startKubeCluster({ controllers: true, flags: options.clusterFlags ?? [] }).then((started) => {
        ending.push(() => started.stop());
        return started;
      }),
      startChain(options).then((started) => {
        ending.push(() => started.stop());
        return started;
      }),
    ]);
    await installOurCrds(cluster);
    const labels = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'evercert-challenge-labels', namespace: 'cert-manager' },
      data: { key: LABEL_KEY.toString('base64') },
    });
    await cluster.kubectl(['create', 'namespace', 'cert-manager']);
    await cluster.kubectl(['apply', '-f', '-'], labels);
    const flags = [
      ...(options.foreignZone === true
        ? [`--dns01-route=${CHALLENGE_ZONE}=${chain.at.ourDns}`]
        : [`--dns-zone=${CHALLENGE_ZONE}`, `--dns-listen=${chain.at.ourDns}`, '--dns-nameserver=ns.example.net']),
      `--dns01-recursive-nameservers=${chain.at.resolver}`,
      `--dns01-route=${DOMAIN}=${chain.at.userServer}`,
      ...(options.flags ?? []),
    ];
    let controller = await startController(cluster, flags);
    ending.push(() => controller.stop('SIGKILL'));
    const targetOf = (domain: string, namespace?: string): string => {
      const scope = { kind: namespace === undefined ? 'ClusterIssuer' : 'Issuer', namespace: namespace ?? '' } as const;
      return `${labelFrom(LABEL_KEY, parseDomainName(domain), scope)}.${CHALLENGE_ZONE}`;
    };
    const until = async (name: string, test: (certificate: Certificate) => boolean, timeout: number) => {
      const key = { namespace: 'default', name };
      const isSo = (found: Certificate | undefined) => found !== undefined && test(found);
      const found = await waitForObject(cluster.client, certificateResource, key, isSo, timeout);
      if (found === undefined) throw new Error(`the Certificate ${name} is gone`);
      return found;
    };
    return {
      cluster,
      chain,
      targetOf,
      stop,
      controller: () => controller,
      async restartController(signal = 'SIGKILL') {
        await controller.stop(signal);
        controller = await startController(cluster, flags);
      },
      async delegate(domains, namespace) {
        await chain.addCnames(
          domains.map((domain) => [`_acme-challenge.${domain}`, targetOf(domain, namespace)] as const),
        );
      },
      apply: async (yaml) => void (await cluster.kubectl(['apply', '-f', '-'], yaml)),
      untilReady: (name, timeout = 30_000) =>
        until(
          name,
          ({ status, metadata }) => {
            const ready = conditionOf(status?.conditions, 'Ready');
            return ready?.status === 'True' && ready.observedGeneration === metadata.generation;
          },
          timeout,
        ),
      async untilSaid(name, said, timeout = 20_000) {
        const issuing = ({ status }: Certificate) => conditionOf(status?.conditions, 'Issuing')?.message ?? '';
        return issuing(await until(name, (certificate) => said.test(issuing(certificate)), timeout));
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As it is written for cert-manager; `solver` in place of our own DNS. */
export function issuerYaml(
  chain: { readonly pebble: Pick<Chain['pebble'], 'rootFile' | 'directoryUrl'> },
  o: { name?: string; acme?: string; solver?: string; kind?: string } = {},
): string {
  const { name = 'pebble', kind = 'ClusterIssuer', acme = '', solver = 'acmeDNS: {}' } = o;
  const caBundle = readFileSync(chain.pebble.rootFile).toString('base64');
  return `apiVersion: cert-manager.io/v1
kind: ${kind}
metadata:
  name: ${name}
spec:
  acme:
    server: ${chain.pebble.directoryUrl}
    caBundle: ${caBundle}
    privateKeySecretRef:
      name: ${name}-account
${acme}
    solvers:
    - dns01:
        ${solver}
---
`;
}

export function certificateYaml(
  name: string,
  dnsNames: readonly string[],
  issuer = 'pebble',
  kind = 'ClusterIssuer',
): string {
  return `apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: ${name}
spec:
  secretName: ${name}-tls
  dnsNames: ${JSON.stringify(dnsNames)}
  issuerRef:
    kind: ${kind}
    name: ${issuer}
---
`;
}
