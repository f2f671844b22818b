import { DomainError } from '../../core/error.ts';
import { parseProxy, proxyOf } from '../../core/proxy-of.ts';
import { inClusterConfig } from './in-cluster-config.ts';
import type { KubeConfig } from './kube-config.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import type { KubeconfigChoice } from './kubeconfig-file.ts';
import { kubeconfigFault } from './kubeconfig-fault.ts';

/**
 * Named by flag or KUBECONFIG, the file; otherwise the pod's own service account; otherwise ~/.kube/config. Without a proxy of its own the
 * server is reached by that of the environment, if there is one.
 * @throws DomainError `invalid-kubeconfig`
 */
export async function loadKubeConfig(choice: KubeconfigChoice, environment: NodeJS.ProcessEnv): Promise<KubeConfig> {
  const config = await findKubeConfig(choice, environment);
  const text = config.proxy === undefined ? proxyOf(new URL(config.server), environment) : undefined;
  if (text === undefined) return config;
  const proxy = parseProxy(text);
  if (proxy === undefined)
    throw kubeconfigFault('HTTPS_PROXY (or HTTP_PROXY) is no http://, https:// or socks5:// URL of a proxy');
  return { ...config, proxy };
}

async function findKubeConfig(choice: KubeconfigChoice, environment: NodeJS.ProcessEnv): Promise<KubeConfig> {
  const isNamed = choice.file !== undefined || choice.context !== undefined || (environment['KUBECONFIG'] ?? '') !== '';
  if (!isNamed) {
    const inCluster = await inClusterConfig(environment);
    if (inCluster !== undefined) return inCluster;
  }
  try {
    return await kubeconfigFile(choice, environment);
  } catch (error) {
    if (isNamed || !(error instanceof DomainError)) throw error;
    throw new DomainError('invalid-kubeconfig', `this is no pod of a cluster, and ${error.message}`, { cause: error });
  }
}
