import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../src/core/clock.ts';
import type { KubeClient } from '../../src/kube/api/client.ts';
import { createKubeClient } from '../../src/kube/api/kube-client.ts';
import type { KubeClientOptions } from '../../src/kube/api/kube-client.ts';
import { kubeconfigFile } from '../../src/kube/api/kubeconfig-file.ts';
import { freePort } from './free-port.ts';
import { createKubeCertificates, writeKubeconfig } from './kube-certificates.ts';
import { startEtcd } from './kube-etcd.ts';
import { startProcess } from './process.ts';
import type { RunningProcess } from './process.ts';
import { peer, peerFolder, peers } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

export interface KubeClusterOptions {
  /** With the controllers that delete what is owned by what was deleted, and that empty namespaces. */
  readonly controllers?: boolean;
  /** More flags of kube-apiserver. */
  readonly flags?: readonly string[];
}

/** An API server with its etcd, RBAC and admission as in a real cluster; no nodes, so pods stay pending. */
export interface KubeCluster {
  readonly url: string;
  /** A kubeconfig file of cluster-admin, by client certificate. */
  readonly kubeconfig: string;
  /** PEM file by which the server is trusted. */
  readonly caFile: string;
  /** As cluster-admin. */
  readonly client: KubeClient;
  /** Another client; by a token (of tokenFor), otherwise as cluster-admin. Closed with the cluster. */
  clientFor(token?: string, options?: Partial<KubeClientOptions>): Promise<KubeClient>;
  /** A token of a service account, which is made when there is none. */
  tokenFor(namespace: string, name: string): Promise<string>;
  /** What it wrote to stdout; throws with stderr when it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Applies CRDs (YAML) and resolves when they are served. */
  installCrds(yaml: string): Promise<void>;
  /** Gateway API: Gateway, ListenerSet and the others of the standard channel, and XListenerSet, as it was called before. */
  installGatewayApi(): Promise<void>;
  /** Killed, and on the same port again when it resolves; `meanwhile` runs while nothing listens there. */
  restartApiServer(meanwhile?: () => Promise<void>): Promise<void>;
  /** etcd forgets all that was before now: with a restart, older resource versions get 410. */
  compactEtcd(): Promise<void>;
  output(): string;
  stop(): Promise<void>;
}

/** Whether a test with a cluster must be skipped. */
export function kubeClusterSkip(): string | false {
  return peers('etcd', 'kube-apiserver', 'kube-controllers', 'kubectl', 'openssl');
}

const START_TIMEOUT = 90_000;
const KUBECTL_TIMEOUT = 60_000;

export async function startKubeCluster(options: KubeClusterOptions = {}): Promise<KubeCluster> {
  const folder = tempFolder('kube');
  const started: { stop(signal?: NodeJS.Signals): Promise<void> }[] = [];
  const clients: KubeClient[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(clients.map((client) => client.close()));
    // What depends on another ends first; nothing is lost that is not thrown away anyway.
    for (const program of started.toReversed()) await program.stop('SIGKILL');
    folder.remove();
  };
  try {
    const [etcd, certificates, port] = await Promise.all([
      startEtcd(join(folder.path, 'etcd')),
      createKubeCertificates(folder.path),
      freePort(),
    ]);
    started.push(etcd);
    const url = `https://127.0.0.1:${port}`;
    const caFile = certificates.ca;
    const ca = await readFile(caFile, 'utf8');
    const kubeconfig = join(folder.path, 'admin.kubeconfig');
    const { certificate, key } = certificates.admin;
    await writeKubeconfig(kubeconfig, {
      server: url,
      caFile,
      user: { 'client-certificate': certificate, 'client-key': key },
    });

    const clientFor: KubeCluster['clientFor'] = async (token, more = {}) => {
      const file = await kubeconfigFile({ file: kubeconfig }, {});
      const config = token === undefined ? file : { ...file, credentials: () => Promise.resolve({ ca, token }) };
      const client = createKubeClient({
        config,
        clock: systemClock,
        userAgent: 'evercert-test',
        qps: 1000,
        burst: 1000,
        ...more,
      });
      clients.push(client);
      return client;
    };
    const client = await clientFor();
    const get = (path: string): Promise<{ status: number; body: string }> =>
      askServer(url + path, ca, certificates.admin);
    const isReady = async (): Promise<boolean> =>
      (await get('/readyz')).status === 200 && (await get('/api/v1/namespaces/default')).status === 200;

    const startApiServer = (): Promise<RunningProcess> =>
      startProcess({
        command: peer('kube-apiserver').path,
        args: [
          `--etcd-servers=${etcd.url}`,
          '--bind-address=127.0.0.1',
          '--advertise-address=127.0.0.1',
          `--secure-port=${port}`,
          // The endpoints of the service `kubernetes` may not be loopback addresses.
          '--endpoint-reconciler-type=none',
          `--tls-cert-file=${certificates.server.certificate}`,
          `--tls-private-key-file=${certificates.server.key}`,
          `--client-ca-file=${caFile}`,
          '--authorization-mode=RBAC',
          '--service-account-issuer=https://kubernetes.default.svc',
          `--service-account-key-file=${certificates.serviceAccounts.publicKey}`,
          `--service-account-signing-key-file=${certificates.serviceAccounts.privateKey}`,
          '--service-cluster-ip-range=10.0.0.0/24',
          '--profiling=false',
          ...(options.flags ?? []),
        ],
        ready: isReady,
        timeout: START_TIMEOUT,
      });
    let apiServer = await startApiServer();
    started.push({ stop: (signal) => apiServer.stop(signal) });
    const controllers = options.controllers === true ? await startControllers(kubeconfig) : undefined;
    if (controllers !== undefined) started.push(controllers);

    const kubectl: KubeCluster['kubectl'] = (args, input) =>
      runKubectl(['--kubeconfig', kubeconfig, ...args], folder.path, input);

    const installCrds: KubeCluster['installCrds'] = async (yaml) => {
      await kubectl(['apply', '--server-side', '-f', '-'], yaml);
      await kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', '-'], yaml);
    };

    return {
      url,
      kubeconfig,
      caFile,
      client,
      clientFor,
      async tokenFor(namespace, name) {
        const signal = AbortSignal.timeout(10_000);
        const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
        const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
        await client.raw(
          {
            method: 'PATCH',
            path: `${path}/${name}`,
            query: { fieldManager: 'test' },
            body: account,
            contentType: 'application/apply-patch+yaml',
          },
          { signal },
        );
        const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
        const answer = await client.raw({ method: 'POST', path: `${path}/${name}/token`, body }, { signal });
        return (answer as { status: { token: string } }).status.token;
      },
      kubectl,
      installCrds,
      async installGatewayApi() {
        const folders = ['gateway-api', 'gateway-api-experimental'].map((name) => join(peerFolder, name));
        const files = (await Promise.all(folders.map(yamlFilesIn))).flat();
        const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
        await installCrds(texts.join('\n---\n'));
      },
      async restartApiServer(meanwhile) {
        await apiServer.stop('SIGKILL');
        await meanwhile?.();
        apiServer = await startApiServer();
      },
      compactEtcd: () => etcd.compact(),
      output: () => [etcd, apiServer, controllers].map((program) => program?.output() ?? '').join('\n'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function yamlFilesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((file) => file.endsWith('.yaml')).map((file) => join(folder, file));
}

function startControllers(kubeconfig: string): Promise<RunningProcess> {
  return startProcess({
    command: peer('kube-controllers').path,
    args: [kubeconfig],
    ready: /controllers are running/,
    timeout: START_TIMEOUT,
  });
}

async function askServer(
  url: string,
  ca: string,
  user: { readonly certificate: string; readonly key: string },
): Promise<{ status: number; body: string }> {
  const login = { cert: await readFile(user.certificate), key: await readFile(user.key) };
  const call = httpsRequest(url, { ca, ...login, agent: false, timeout: 5000 }).end();
  call.on('timeout', () => call.destroy(new Error('it did not answer')));
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

async function runKubectl(args: readonly string[], folder: string, input: string | undefined): Promise<string> {
  const env = { ...process.env, HOME: folder, KUBECONFIG: '' };
  return await new Promise<string>((resolve, reject) => {
    const child = execFile(
      peer('kubectl').path,
      [...args],
      { env, timeout: KUBECTL_TIMEOUT, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`kubectl ${args.join(' ')}: ${stderr || error.message}`));
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}
