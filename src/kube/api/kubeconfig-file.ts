import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseProxy } from '../../core/proxy-of.ts';
import type { Credentials, KubeConfig } from './kube-config.ts';
import { readKubeconfigs } from './kubeconfig-entries.ts';
import type { KubeconfigEntries } from './kubeconfig-entries.ts';
import { kubeconfigFault } from './kubeconfig-fault.ts';
import { kubeconfigLogin } from './kubeconfig-login.ts';
import { kubeconfigPem, kubeconfigRoots } from './kubeconfig-pem.ts';
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
  return choose(merged, choice.context ?? merged.currentContext, files.join(delimiter), environment);
}

function filesOf(choice: KubeconfigChoice, environment: NodeJS.ProcessEnv): string[] {
  if (choice.file !== undefined) return [choice.file];
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(environment['HOME'] ?? homedir(), '.kube', 'config')];
}

function choose(
  merged: KubeconfigEntries,
  name: string | undefined,
  files: string,
  environment: NodeJS.ProcessEnv,
): KubeConfig {
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
  if (!/^https?:\/\//.test(value.server) || !URL.canParse(value.server))
    throw kubeconfigFault(`the cluster "${context.cluster}" has no https:// server but "${value.server}"`);
  const refusal = user === undefined ? undefined : unsupportedLogin(user.value);
  if (refusal !== undefined) throw kubeconfigFault(`the user "${context.user}" ${refusal}`);
  const login = kubeconfigLogin(cluster, user, context.user ?? '', environment);
  return {
    server: value.server.replace(/\/+$/, ''),
    serverName: value['tls-server-name'],
    skipTlsVerify: value['insecure-skip-tls-verify'] ?? false,
    ...proxyOfCluster(value['proxy-url'], context.cluster),
    ...(context.namespace === undefined || context.namespace === '' ? {} : { namespace: context.namespace }),
    async credentials(request): Promise<Credentials> {
      const [ca, certificate, key, tokenOfFile] = await Promise.all([
        kubeconfigRoots(cluster),
        kubeconfigPem(user, 'client-certificate-data', 'client-certificate'),
        kubeconfigPem(user, 'client-key-data', 'client-key'),
        kubeconfigPem(user, '', 'tokenFile'),
      ]);
      const own: Credentials = { ca, certificate, key, token: tokenOfFile?.trim() ?? user?.value.token };
      // What stands in the file holds before what a program gives.
      if (login === undefined || own.token !== undefined) return own;
      const given = await login(request);
      return certificate === undefined ? { ...given, ca } : { ...own, token: given.token, goodUntil: given.goodUntil };
    },
  };
}

function proxyOfCluster(text: string | undefined, cluster: string): { readonly proxy?: URL } {
  if (text === undefined || text === '') return {};
  const proxy = parseProxy(text);
  // Not what it says: it may hold a password.
  if (proxy === undefined)
    throw kubeconfigFault(`the proxy-url of the cluster "${cluster}" is no http://, https:// or socks5:// URL`);
  return { proxy };
}
