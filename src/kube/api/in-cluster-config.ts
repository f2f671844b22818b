import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError, messageOf } from '../../core/error.ts';
import type { Credentials, KubeConfig } from './kube-config.ts';

/** Where the kubelet puts a pod's service account. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** How a pod reaches its API server, or undefined when we are in none. */
export async function inClusterConfig(
  environment: NodeJS.ProcessEnv,
  folder = SERVICE_ACCOUNT,
): Promise<KubeConfig | undefined> {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === undefined || host === '' || !existsSync(join(folder, 'token'))) return undefined;
  const namespace = (await read(folder, 'namespace')).trim();
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return {
    server: `https://${shownHost}:${port}`,
    skipTlsVerify: false,
    ...(namespace === '' ? {} : { namespace }),
    async credentials(): Promise<Credentials> {
      const [ca, token] = await Promise.all([read(folder, 'ca.crt'), read(folder, 'token')]);
      return { ca, token: token.trim() };
    },
  };
}

async function read(folder: string, file: string): Promise<string> {
  try {
    return await readFile(join(folder, file), 'utf8');
  } catch (error) {
    throw new DomainError(
      'invalid-kubeconfig',
      `${join(folder, file)} cannot be read: ${messageOf(error)}; the pod needs automountServiceAccountToken`,
      { cause: error },
    );
  }
}
