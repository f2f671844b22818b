import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { evercert, program } from '../cli/run-evercert.ts';
import type { Run } from '../cli/run-evercert.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { installOurCrds } from './kube-controller.ts';
import { writeKubeconfig } from './kube-certificates.ts';
import { tempFolder } from './temp-folder.ts';

// What somebody meets who types `evercert kube ...` for the first time, and something is not as it should be.

const skip = kubeClusterSkip();

describe('evercert kube, typed by a stranger', { skip, timeout: 240_000 }, () => {
  let cluster: KubeCluster;
  const folder = tempFolder('kube-stranger');
  const at = (name: string): string => join(folder.path, name);
  before(async () => {
    cluster = await startKubeCluster();
  });
  after(async () => {
    await cluster?.stop();
    folder.remove();
  });

  const kube = (line: string, env: Readonly<Record<string, string>> = {}): Promise<Run> =>
    evercert(['kube', ...line.split(' ')], { env: { KUBECONFIG: cluster.kubeconfig, ...env } });

  /** One sentence that says it, and nothing else. */
  async function says(
    line: string,
    code: number,
    sentence: RegExp,
    env?: Readonly<Record<string, string>>,
  ): Promise<void> {
    const run = await kube(line, env);
    assert.match(run.stderr, /^evercert: [^\n]+\n$/, line);
    assert.match(run.stderr, sentence, line);
    assert.equal(run.stdout, '', line);
    assert.equal(run.code, code, `${line}: ${run.stderr}`);
  }

  /** A kubeconfig for whoever has this token. */
  async function kubeconfigOf(token: string, more: { server?: string; file?: string } = {}): Promise<string> {
    const { server = cluster.url, file = at('config') } = more;
    await writeKubeconfig(file, { server, caFile: cluster.caFile, user: { token } });
    return file;
  }

  test('no kubeconfig, or a wrong one', async () => {
    const home = { KUBECONFIG: '', HOME: at('nowhere') };
    await says(
      'version',
      2,
      /there is no kubeconfig \S+\/nowhere\/\.kube\/config; name the file by --kubeconfig/,
      home,
    );
    await says('version --context prod', 2, /has no context "prod"; there are: test$/m);
    await writeFile(at('empty'), '');
    await says('version', 2, /has no current-context; choose one/, { KUBECONFIG: at('empty') });
    await writeFile(at('list'), '- a\n');
    await says('version', 2, /is no kubeconfig: /, { KUBECONFIG: at('list') });
    const config = JSON.parse(await readFile(cluster.kubeconfig, 'utf8')) as { users: { user: unknown }[] };
    const userIs = async (user: unknown): Promise<Record<string, string>> => {
      await writeFile(at('user'), JSON.stringify({ ...config, users: [{ name: 'test', user }] }));
      return { KUBECONFIG: at('user') };
    };
    await says(
      'version',
      2,
      /a client certificate and no key \(client-key\)$/m,
      await userIs({ 'client-certificate': cluster.caFile }),
    );
    await says('version', 2, /characters that no token can have$/m, await userIs({ token: 'a b' }));
    await says(
      'version',
      2,
      /by an auth-provider, .*let the tool of your cloud write the kubeconfig again/,
      await userIs({ 'auth-provider': { name: 'gcp' } }),
    );
  });

  test('a server that is not there, or is another one', async () => {
    const to = async (server: string) => ({ KUBECONFIG: await kubeconfigOf('x', { server }) });
    for (const line of ['version', 'check api'])
      await says(
        line,
        4,
        /API server https:\/\/127\.0\.0\.1:1 cannot be reached: nothing listens there$/m,
        await to('https://127.0.0.1:1'),
      );
    await says('version', 4, /no address is known for this host$/m, await to('https://kube.invalid'));
    const http = cluster.url.replace('https', 'http');
    await says('version', 1, /it answered 400: Client sent an HTTP request to an HTTPS server\.$/m, await to(http));
    await says('version', 1, /does not know us when we ask its version/, await to(cluster.url));
  });

  test('the kinds are not installed', async () => {
    const missing =
      /certificates\.cert-manager\.io in version v1: install it: evercert kube crds \| kubectl apply --server-side -f -$/m;
    for (const line of ['status certificate web', 'renew --all -A']) await says(line, 1, missing);
    for (const line of ['approve web-1', 'check takeover'])
      await says(line, 1, /certificate\w*\.cert-manager\.io in version v1: install it: evercert kube crds/);
    await says('check api', 1, /does not know the kind Certificate; install it: evercert kube crds/);
  });

  test('names, namespaces and rights', async (t) => {
    await installOurCrds(cluster);
    await cluster.kubectl(['create', 'namespace', 'other']);
    const certificate = (namespace: string, issuerRef: object) => ({
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: 'web', namespace },
      spec: { secretName: 'web-tls', dnsNames: ['example.org', '*.example.org'], issuerRef },
    });
    for (const one of [
      certificate('default', { name: 'acme', kind: 'ClusterIssuer' }),
      certificate('other', { name: 'ca' }),
    ])
      await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(one));

    await t.test('what is not there', async () => {
      await says(
        'status certificate web -n none',
        1,
        /no Certificate web in the namespace none; see: kubectl get certificates -A$/m,
      );
      await says('renew web none', 1, /no Certificate none in the namespace default/);
      await says('approve none', 1, /no CertificateRequest none in the namespace default/);
      await says('status certificate a/b', 1, /"a\/b" is no name of a Kubernetes object$/m);
      assert.equal((await kube('renew --all -n none')).stdout, 'there are no such Certificates\n');
    });

    await t.test('which of several namespaces', async () => {
      await says('renew web -A', 2, /names are of one namespace: give it by -n, and no -A$/m);
      await says('renew web --all', 2, /either name them, or give --all/);
      assert.equal((await kube('renew --all -A')).stdout, 'asked for: default/web\nasked for: other/web\n');
      assert.equal((await kube('renew web -n other')).stdout, 'asked for: other/web\n');
      assert.match((await kube('status certificate web -n other')).stdout, /^Certificate other\/web\n/);
    });

    await t.test('who may do nothing', async () => {
      const env = { KUBECONFIG: await kubeconfigOf(await cluster.tokenFor('default', 'nobody')) };
      for (const line of [
        'status certificate web',
        'renew --all -A',
        'approve x',
        'inspect secret x',
        'check api',
        'check takeover',
      ]) {
        await says(
          line,
          1,
          /User "system:serviceaccount:default:nobody" cannot \w+ resource .*; give that user a Role or ClusterRole that allows it$/m,
          env,
        );
      }
      const run = await kube('status certificate web -o json', env);
      const { code, exitCode } = JSON.parse(run.stdout) as Record<string, unknown>;
      assert.deepEqual([run.code, code, exitCode], [1, 'kube-forbidden', 1]);
      assert.equal((await kube('version', env)).code, 0);
    });

    await t.test('who may read Certificates and not what belongs to them', async () => {
      const file = await kubeconfigOf(await cluster.tokenFor('default', 'viewer'), { file: at('viewer') });
      await cluster.kubectl(['create', 'role', 'viewer', '--verb=get,list', '--resource=certificates.cert-manager.io']);
      await cluster.kubectl(['create', 'rolebinding', 'viewer', '--role=viewer', '--serviceaccount=default:viewer']);
      const run = await kube('status certificate web', { KUBECONFIG: file });
      assert.match(run.stdout, /^ClusterIssuer acme: you may not read it$/m);
      assert.match(run.stdout, /^Secret web-tls: you may not read it$/m);
      assert.ok(!run.stdout.includes('there is no') && !run.stdout.includes('\u001B'), run.stdout);
      for (const line of run.stdout.split('\n')) assert.ok(line.length <= 80, line);
      assert.equal(run.code, 0);
      const view = JSON.parse((await kube('status certificate web -o json', { KUBECONFIG: file })).stdout) as {
        issuer: Record<string, unknown>;
        secret: Record<string, unknown>;
      };
      assert.deepEqual([view.issuer['found'], view.secret], [undefined, { name: 'web-tls' }]);
    });

    await t.test('by kubectl, with a link to the plugin', async () => {
      const env = { KUBECONFIG: cluster.kubeconfig, PATH: `${dirname(program)}:${process.env['PATH'] ?? ''}` };
      const run = await evercert(['renew', 'none'], { program: `${dirname(program)}/kubectl-evercert`, env });
      assert.match(run.stderr, /^evercert: there is no Certificate none/);
      assert.equal(run.code, 1);
    });
  });
});
