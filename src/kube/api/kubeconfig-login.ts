import { isatty } from 'node:tty';
import type { ClusterOfLogin } from './exec-credential.ts';
import type { ClusterEntry, UserEntry } from './kubeconfig-entries.ts';
import { kubeconfigFault } from './kubeconfig-fault.ts';
import { kubeconfigRoots } from './kubeconfig-pem.ts';
import { loginProgram } from './login-program.ts';
import { programLogin } from './program-login.ts';

/** Of the login by a program (`exec`), if the user has one. */
export function kubeconfigLogin(
  cluster: ClusterEntry,
  user: UserEntry | undefined,
  name: string,
  environment: NodeJS.ProcessEnv,
): ReturnType<typeof programLogin> | undefined {
  const exec = user?.value['exec'];
  if (user === undefined || exec === undefined || exec === null) return undefined;
  const program = loginProgram(exec, user.folder);
  if (typeof program === 'string') throw kubeconfigFault(`the user "${name}" ${program}`);
  return programLogin(program, {
    user: name,
    environment,
    cluster: () => clusterOfLogin(cluster),
    hasTerminal: isatty(0),
  });
}

async function clusterOfLogin(cluster: ClusterEntry): Promise<ClusterOfLogin> {
  const { value } = cluster;
  const ca = await kubeconfigRoots(cluster);
  return {
    server: value.server,
    'tls-server-name': value['tls-server-name'],
    'insecure-skip-tls-verify': value['insecure-skip-tls-verify'],
    'certificate-authority-data': ca === undefined ? undefined : Buffer.from(ca).toString('base64'),
    'proxy-url': value['proxy-url'],
    'disable-compression': value['disable-compression'],
    config: value.extensions?.find((extension) => extension.name === 'client.authentication.k8s.io/exec')?.extension,
  };
}
