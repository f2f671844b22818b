import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Clock } from '../../src/core/clock.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createKubeClient } from '../../src/kube/api/kube-client.ts';
import { loadKubeConfig } from '../../src/kube/api/load-kube-config.ts';
import { connectProxy, socksProxy } from '../../src/core/testing/proxies.ts';
import { evercert } from '../cli/run-evercert.ts';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';
import { tempFolder } from './temp-folder.ts';

// Logging in as the kubeconfigs of clouds have it, at a real API server; kubectl is given the same files.

const skip = kubeClusterSkip();
const VERSION = 'client.authentication.k8s.io/v1beta1';

describe('kubeconfigs of clouds', { skip, timeout: 240_000 }, () => {
  let cluster: KubeCluster;
  let token: string;
  const folder = tempFolder('kube-login');
  const at = (name: string): string => join(folder.path, name);
  before(async () => {
    cluster = await startKubeCluster();
    token = await cluster.tokenFor('default', 'robot');
    mkdirSync(at('bin'));
  });
  after(async () => {
    await cluster?.stop();
    folder.remove();
  });

  /** A kubeconfig whose user logs in by a shell script beside it. Every run of it is a line in `runs`. */
  async function kubeconfig(script: string, more: { exec?: object; cluster?: object } = {}): Promise<string> {
    await writeFile(at('runs'), '');
    await writeFile(at('bin/login'), `#!/bin/sh\nhere=\${0%/*}/..\necho run >> "$here/runs"\n${script}\n`, {
      mode: 0o755,
    });
    const exec = { apiVersion: VERSION, command: 'bin/login', interactiveMode: 'Never', ...more.exec };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'cloud',
      clusters: [
        { name: 'cloud', cluster: { server: cluster.url, 'certificate-authority': cluster.caFile, ...more.cluster } },
      ],
      users: [{ name: 'robot@cloud', user: { exec } }],
      contexts: [{ name: 'cloud', context: { cluster: 'cloud', user: 'robot@cloud' } }],
    };
    await writeFile(at('config'), JSON.stringify(config));
    return at('config');
  }

  const runs = async (): Promise<number> => (await readFile(at('runs'), 'utf8')).split('\n').length - 1;
  const status = (fields: object): string =>
    `cat <<'END'\n${JSON.stringify({ apiVersion: VERSION, kind: 'ExecCredential', status: fields })}\nEND`;

  /** A client, and who the API server says that it is. */
  async function client(t: TestContext, file: string, clock: Clock = systemClock) {
    const config = await loadKubeConfig({ file }, process.env);
    const kube = createKubeClient({ config, clock, userAgent: 'test' });
    t.after(() => kube.close());
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    return async (): Promise<string> => {
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      const answer = await kube.raw({ method: 'POST', path, body }, { signal: AbortSignal.timeout(20_000) });
      return (answer as { status: { userInfo: { username: string } } }).status.userInfo.username;
    };
  }
  const robot = 'system:serviceaccount:default:robot';

  test('a token, asked for once', async (t) => {
    const file = await kubeconfig(status({ token }));
    const whoAmI = await client(t, file);
    assert.deepEqual([await whoAmI(), await whoAmI(), await runs()], [robot, robot, 1]);
    assert.match(await cluster.kubectl(['--kubeconfig', file, 'auth', 'whoami']), /default:robot/);
  });

  test('a client certificate', async (t) => {
    const user = JSON.parse(await readFile(cluster.kubeconfig, 'utf8')) as {
      users: { user: Record<string, string> }[];
    };
    const [certificate = '', key = ''] = await Promise.all(
      ['client-certificate', 'client-key'].map((name) => readFile(user.users[0]?.user[name] ?? '', 'utf8')),
    );
    const file = await kubeconfig(status({ clientCertificateData: certificate, clientKeyData: key }));
    assert.equal(await (await client(t, file))(), 'kubernetes-admin');
    assert.match(await cluster.kubectl(['--kubeconfig', file, 'auth', 'whoami']), /kubernetes-admin/);
  });

  test('it is asked again when a token is over, and many calls ask once', async (t) => {
    let ahead = 0;
    const clock: Clock = { ...systemClock, now: () => Date.now() + ahead };
    const expirationTimestamp = new Date(Date.now() + 60_000).toISOString();
    const whoAmI = await client(t, await kubeconfig(status({ token, expirationTimestamp })), clock);
    await whoAmI();
    ahead = 50_000;
    await whoAmI();
    assert.equal(await runs(), 1);
    ahead = 61_000;
    assert.equal(await whoAmI(), robot);
    assert.equal(await runs(), 2);
  });

  test('a token that the server refuses is replaced, by one run for all calls that were refused', async (t) => {
    const script = `if [ $(grep -c run "$here/runs") = 1 ]; then\n${status({ token: 'refused' })}\nelse\n${status({ token })}\nfi`;
    const whoAmI = await client(t, await kubeconfig(script));
    assert.deepEqual(await Promise.all([whoAmI(), whoAmI(), whoAmI()]), [robot, robot, robot]);
    assert.equal(await runs(), 2);
  });

  test('a token that the server refuses twice', async (t) => {
    const whoAmI = await client(t, await kubeconfig(status({ token: 'SECRET' })));
    await assert.rejects(whoAmI(), { code: 'kube-forbidden', message: /does not know us .*; check the token/ });
    assert.equal(await runs(), 2);
  });

  test('what a program that fails looks like to a person', async () => {
    const rows: readonly (readonly [script: string, exec: object, stderr: RegExp])[] = [
      [
        'echo "your session is over, run: cloud login" >&2; exit 1',
        {},
        /^your session is over, run: cloud login\nevercert: the user "robot@cloud" of the kubeconfig logs in by the program bin\/login, which did not do it: it ended with exit code 1; see what it wrote above\n$/,
      ],
      [`echo ${token}`, {}, /: it wrote no ExecCredential in JSON\n$/],
      [
        status({ token }).replace(VERSION, 'client.authentication.k8s.io/v1'),
        {},
        /another apiVersion than the kubeconfig asks for, client\.authentication\.k8s\.io\/v1beta1\n$/,
      ],
      [
        '',
        { command: 'evercert-no-such-program', installHint: 'see https://cloud.example' },
        /there is no such program; install it: see https:\/\/cloud\.example\n$/,
      ],
      [
        '',
        { apiVersion: 'client.authentication.k8s.io/v1alpha1' },
        /the user "robot@cloud" has an exec whose apiVersion is neither/,
      ],
      ['', { interactiveMode: 'Always' }, /needs a terminal as standard input, and there is none\n$/],
    ];
    for (const [script, exec, stderr] of rows) {
      const file = await kubeconfig(script, { exec });
      const run = await evercert(['kube', 'inspect', 'secret', 'none', '--kubeconfig', file]);
      assert.match(run.stderr, stderr);
      assert.ok(!run.stderr.includes(token));
      assert.notEqual(run.code, 0);
      assert.equal(run.stdout, '');
    }
  });

  test('through a proxy: of the kubeconfig, of the environment, and not where NO_PROXY says so', async (t) => {
    const port = Number(new URL(cluster.url).port);
    const proxy = await connectProxy(t, port);
    const socks = await socksProxy(t, port);
    const server = 'https://kube.test:6443';
    // RBAC refuses, so it knows who asks.
    const reached = /User "system:serviceaccount:default:robot" cannot get resource/;
    const inspect = (file: string, env: Record<string, string> = {}) =>
      evercert(['kube', 'inspect', 'secret', 'none', '--kubeconfig', file], { env });
    const url = `http://127.0.0.1:${proxy.port}`;

    const ofFile = await kubeconfig(status({ token }), {
      cluster: { server, 'tls-server-name': 'localhost', 'proxy-url': url },
    });
    assert.match((await inspect(ofFile)).stderr, reached);
    assert.match(await cluster.kubectl(['--kubeconfig', ofFile, 'auth', 'whoami']), /default:robot/);
    assert.deepEqual(new Set(proxy.asked), new Set(['kube.test:6443 -']));

    const overSocks = await kubeconfig(status({ token }), {
      cluster: { server, 'tls-server-name': 'localhost', 'proxy-url': `socks5://127.0.0.1:${socks.port}` },
    });
    const run = await inspect(overSocks);
    assert.match(run.stderr, /^evercert: [^\n]+\n$/, 'and no warning of Node');
    assert.match(run.stderr, reached);
    assert.match(await cluster.kubectl(['--kubeconfig', overSocks, 'auth', 'whoami']), /default:robot/);

    const ofEnvironment = await kubeconfig(status({ token }), { cluster: { server, 'tls-server-name': 'localhost' } });
    const count = proxy.asked.length;
    assert.match((await inspect(ofEnvironment, { HTTPS_PROXY: url })).stderr, reached);
    assert.equal(proxy.asked.length, count + 1);
    assert.match(
      (await inspect(ofEnvironment, { HTTPS_PROXY: url, NO_PROXY: '.test' })).stderr,
      /no address is known for this host/,
    );
    assert.equal(proxy.asked.length, count + 1);
  });
});
