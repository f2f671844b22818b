import { DomainError } from '../../core/error.ts';
import { inClusterConfig } from './in-cluster-config.ts';
import type { KubeConfig } from './kube-config.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import type { KubeconfigChoice } from './kubeconfig-file.ts';

/**
 * Named by flag or KUBECONFIG, the file; otherwise the pod's own service account; otherwise ~/.kube/config.
 * @throws DomainError `invalid-kubeconfig`
 */
export async function loadKubeConfig(choice: KubeconfigChoice, environment: NodeJS.ProcessEnv): Promise<KubeConfig> {
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
