import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { messageOf } from '../../core/error.ts';
import type { Credentials, KubeConfig } from './kube-config.ts';
import { readKubeconfigs } from './kubeconfig-entries.ts';
import type { KubeconfigEntries, KubeconfigEntry } from './kubeconfig-entries.ts';
import { kubeconfigFault } from './kubeconfig-fault.ts';
import { unsupportedLogin } from './unsupported-login.ts';

export interface KubeconfigChoice {
  /** `--kubeconfig`; otherwise the files of KUBECONFIG, otherwise ~/.kube/config. */
  readonly file?: string | undefined;
  /** Otherwise the file's current-context. */
  readonly context?: string | undefined;
}

/**
 * The API server of a kubeconfig file, as kubectl finds it. Of several files (KUBECONFIG) the first that names a thing holds.
 * @throws DomainError `invalid-kubeconfig`
 */
export async function kubeconfigFile(choice: KubeconfigChoice, environment: NodeJS.ProcessEnv): Promise<KubeConfig> {
  const files = filesOf(choice, environment);
  const merged = await readKubeconfigs(files);
  return choose(merged, choice.context ?? merged.currentContext, files.join(delimiter));
}

function filesOf(choice: KubeconfigChoice, environment: NodeJS.ProcessEnv): string[] {
  if (choice.file !== undefined) return [choice.file];
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(environment['HOME'] ?? homedir(), '.kube', 'config')];
}

function choose(merged: KubeconfigEntries, name: string | undefined, files: string): KubeConfig {
  if (name === undefined)
    throw kubeconfigFault(`${files} has no current-context; choose one by kubectl config use-context`);
  const context = merged.contexts.get(name)?.value;
  if (context === undefined)
    throw kubeconfigFault(
      `${files} has no context "${name}"; there are: ${[...merged.contexts.keys()].join(', ') || 'none'}`,
    );
  const cluster = merged.clusters.get(context.cluster);
  if (cluster === undefined)
    throw kubeconfigFault(`the context "${name}" names the cluster "${context.cluster}", which is not in ${files}`);
  const user = merged.users.get(context.user ?? '');
  if (user === undefined && context.user !== undefined && context.user !== '')
    throw kubeconfigFault(`the context "${name}" names the user "${context.user}", which is not in ${files}`);
  const { value } = cluster;
  if (!/^https?:\/\//.test(value.server))
    throw kubeconfigFault(`the cluster "${context.cluster}" has no https:// server but "${value.server}"`);
  if (value['proxy-url'] !== undefined)
    throw kubeconfigFault(`the cluster "${context.cluster}" has a proxy-url, which evercert cannot use`);
  const refusal = user === undefined ? undefined : unsupportedLogin(user.value);
  if (refusal !== undefined) throw kubeconfigFault(`the user "${context.user}" ${refusal}`);
  return {
    server: value.server.replace(/\/+$/, ''),
    serverName: value['tls-server-name'],
    skipTlsVerify: value['insecure-skip-tls-verify'] ?? false,
    ...(context.namespace === undefined || context.namespace === '' ? {} : { namespace: context.namespace }),
    async credentials(): Promise<Credentials> {
      const of = (entry: KubeconfigEntry<object> | undefined, inline: string, file: string) => pem(entry, inline, file);
      const [ca, certificate, key, tokenOfFile] = await Promise.all([
        of(cluster, 'certificate-authority-data', 'certificate-authority'),
        of(user, 'client-certificate-data', 'client-certificate'),
        of(user, 'client-key-data', 'client-key'),
        pem(user, '', 'tokenFile'),
      ]);
      return { ca, certificate, key, token: tokenOfFile?.trim() ?? user?.value.token };
    },
  };
}

/** Base64 in the file holds before the name of another file (as with kubectl). */
async function pem(
  entry: KubeconfigEntry<object> | undefined,
  inline: string,
  file: string,
): Promise<string | undefined> {
  const fields = (entry?.value ?? {}) as Record<string, unknown>;
  const data = fields[inline];
  if (typeof data === 'string' && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  const name = fields[file];
  if (entry === undefined || typeof name !== 'string' || name === '') return undefined;
  const path = resolve(entry.folder, name);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw kubeconfigFault(`${path}, which the kubeconfig names, cannot be read: ${messageOf(error)}`, error);
  }
}
