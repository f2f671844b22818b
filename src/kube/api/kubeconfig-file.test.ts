import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isatty } from 'node:tty';
import fc from 'fast-check';
import { inClusterConfig } from './in-cluster-config.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import { loadKubeConfig } from './load-kube-config.ts';

const CONFIG = `
apiVersion: v1
kind: Config
current-context: main
clusters:
- name: c
  cluster: { server: "https://192.0.2.1:6443/", certificate-authority: ca.pem, tls-server-name: kube }
- name: other
  cluster: { server: "https://[2001:db8::1]/prefix", certificate-authority-data: ${btoa('CA')}, insecure-skip-tls-verify: true }
- { name: proxied, cluster: { server: "https://192.0.2.1", proxy-url: "http://u:SECRET@p:3128" } }
- { name: no-proxy, cluster: { server: "https://192.0.2.1", proxy-url: "ftp://u:SECRET@p" } }
- { name: odd, cluster: { server: "192.0.2.1" } }
- { name: odder, cluster: { server: "https://[" } }
- name: told
  cluster:
    server: https://192.0.2.7
    certificate-authority: ca.pem
    tls-server-name: kube
    proxy-url: socks5://p
    disable-compression: true
    extensions: [{ name: other, extension: 1 }, { name: client.authentication.k8s.io/exec, extension: { audience: us } }]
users:
- { name: token, user: { token: SECRET } }
- { name: file, user: { token: older, tokenFile: token } }
- { name: cert, user: { client-certificate-data: ${btoa('CERT')}, client-key: key.pem } }
- { name: exec, user: { exec: { apiVersion: client.authentication.k8s.io/v1beta1, command: ./login, args: [a], env: [{ name: B, value: b }], provideClusterInfo: true } } }
- { name: exec-and-token, user: { token: t, exec: { apiVersion: client.authentication.k8s.io/v1beta1, command: ./no-such } } }
- { name: exec-of-old, user: { exec: { apiVersion: client.authentication.k8s.io/v1alpha1, command: aws } } }
- { name: exec-without-mode, user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: aws } } }
- { name: exec-odd, user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: aws, env: [{ name: A, value: [SECRET] }] } } }
- { name: provider, user: { auth-provider: { name: gcp } } }
- { name: basic, user: { username: u, password: p } }
- { name: as, user: { token: t, as: root } }
- { name: none }
contexts:
- { name: main, context: { cluster: c, user: token, namespace: n } }
- { name: file, context: { cluster: other, user: file } }
- { name: cert, context: { cluster: c, user: cert } }
- { name: exec, context: { cluster: told, user: exec } }
- { name: exec-and-token, context: { cluster: c, user: exec-and-token } }
- { name: exec-of-old, context: { cluster: c, user: exec-of-old } }
- { name: exec-without-mode, context: { cluster: c, user: exec-without-mode } }
- { name: exec-odd, context: { cluster: c, user: exec-odd } }
- { name: provider, context: { cluster: c, user: provider } }
- { name: no-proxy, context: { cluster: no-proxy } }
- { name: odder, context: { cluster: odder } }
- { name: basic, context: { cluster: c, user: basic } }
- { name: as, context: { cluster: c, user: as } }
- { name: nobody, context: { cluster: c } }
- { name: lost-user, context: { cluster: c, user: nowhere } }
- { name: lost-cluster, context: { cluster: nowhere, user: token } }
- { name: proxied, context: { cluster: proxied } }
- { name: odd, context: { cluster: odd } }
- { name: no-key, context: { cluster: c, user: cert-no-key } }
`;

describe('kubeconfigFile', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evercert-kubeconfig-'));
    const files = {
      config: CONFIG,
      'ca.pem': 'CA-FILE',
      token: 'TOKEN-FILE\n',
      'key.pem': 'KEY',
      broken: 'a: [SECRET',
      list: 'clusters: 7',
      empty: '',
    };
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(at(name), text)));
  });
  after(() => rm(folder, { recursive: true }));

  test('of the current context', async () => {
    const { credentials, ...config } = await kubeconfigFile({ file: at('config') }, {});
    assert.deepEqual(config, {
      server: 'https://192.0.2.1:6443',
      serverName: 'kube',
      skipTlsVerify: false,
      namespace: 'n',
    });
    assert.deepEqual(await credentials(), { ca: 'CA-FILE', token: 'SECRET', certificate: undefined, key: undefined });
  });

  test('a token file is read each time, and comes before a token; other contexts', async () => {
    const { credentials, ...config } = await kubeconfigFile({ file: at('config'), context: 'file' }, {});
    assert.deepEqual(config, { server: 'https://[2001:db8::1]/prefix', serverName: undefined, skipTlsVerify: true });
    assert.deepEqual([(await credentials()).ca, (await credentials()).token], ['CA', 'TOKEN-FILE']);
    await writeFile(at('token'), 'NEWER');
    assert.equal((await credentials()).token, 'NEWER');
    const cert = await (await kubeconfigFile({ file: at('config'), context: 'cert' }, {})).credentials();
    assert.deepEqual([cert.certificate, cert.key, cert.token], ['CERT', 'KEY', undefined]);
    assert.equal(
      (await (await kubeconfigFile({ file: at('config'), context: 'nobody' }, {})).credentials()).token,
      undefined,
    );
  });

  const faults: readonly (readonly [string, { file?: string; context?: string }, RegExp])[] = [
    ['no file', { file: 'none' }, /there is no kubeconfig .*none; name the file by --kubeconfig or KUBECONFIG$/],
    ['no YAML', { file: 'broken' }, /broken is not YAML$/],
    ['another file', { file: 'list' }, /list is no kubeconfig: clusters: /],
    ['an empty file', { file: 'empty' }, /no current-context/],
    ['a context that is not there', { context: 'x' }, /no context "x"; there are: main, file, cert/],
    ['a user that is not there', { context: 'lost-user' }, /names the user "nowhere", which is not in/],
    ['a cluster that is not there', { context: 'lost-cluster' }, /names the cluster "nowhere", which is not in/],
    [
      'a program of old',
      { context: 'exec-of-old' },
      /the user "exec-of-old" has an exec whose apiVersion is neither .*; let the/,
    ],
    [
      'a program that may ask or not',
      { context: 'exec-without-mode' },
      /without interactiveMode, which version v1 needs/,
    ],
    [
      'a program that cannot be read',
      { context: 'exec-odd' },
      /exec that cannot be read: env\.0\.value is missing or of/,
    ],
    [
      'an auth-provider',
      { context: 'provider' },
      /by an auth-provider, .*; let the tool of your cloud write the kubeconfig/,
    ],
    ['a password', { context: 'basic' }, /logs in by a password/],
    ['somebody else', { context: 'as' }, /acts as somebody else/],
    ['a proxy of another kind', { context: 'no-proxy' }, /the proxy-url of the cluster "no-proxy" is no http:/],
    ['a server that is half a URL', { context: 'odder' }, /no https:\/\/ server but/],
    ['a server that is no URL', { context: 'odd' }, /no https:\/\/ server but "192\.0\.2\.1"/],
  ];
  for (const [what, { file = 'config', context }, message] of faults) {
    test(what, () =>
      assert.rejects(
        kubeconfigFile({ file: at(file), context }, {}),
        (error: Error & { code?: string; cause?: unknown }) => {
          assert.equal(error.code, 'invalid-kubeconfig');
          assert.match(error.message, message);
          assert.doesNotMatch(error.message + String(error.cause), /SECRET/);
          return true;
        },
      ),
    );
  }

  test('a proxy: that of the cluster, otherwise that of the environment', async () => {
    const proxyFor = async (context: string, environment: NodeJS.ProcessEnv) =>
      (await loadKubeConfig({ file: at('config'), context }, environment)).proxy?.href;
    const HTTPS_PROXY = 'other:3128';
    assert.equal(await proxyFor('main', {}), undefined);
    assert.equal(await proxyFor('main', { HTTPS_PROXY }), 'http://other:3128/');
    assert.equal(await proxyFor('main', { HTTPS_PROXY, NO_PROXY: '192.0.2.0/24' }), undefined);
    assert.equal(await proxyFor('proxied', { HTTPS_PROXY, NO_PROXY: '*' }), 'http://u:SECRET@p:3128/');
    await assert.rejects(proxyFor('main', { HTTPS_PROXY: 'ftp://SECRET' }), {
      code: 'invalid-kubeconfig',
      message: /^HTTPS_PROXY .* URL of a proxy$/,
    });
  });

  test('a program is run from the folder of the file, and is told about the cluster', async () => {
    const script =
      '#!/bin/sh\nprintf %s "$KUBERNETES_EXEC_INFO" > "${0%/*}/told"\n' +
      'echo \'{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"\'"$1$B"\'"}}\'\n';
    await writeFile(at('login'), script, { mode: 0o755 });
    const config = await kubeconfigFile({ file: at('config'), context: 'exec' }, { PATH: process.env['PATH'] });
    const { token, ca } = await config.credentials();
    assert.deepEqual([token, ca], ['ab', 'CA-FILE']);
    assert.deepEqual(JSON.parse(await readFile(at('told'), 'utf8')), {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      kind: 'ExecCredential',
      spec: {
        interactive: isatty(0),
        cluster: {
          server: 'https://192.0.2.7',
          'tls-server-name': 'kube',
          'certificate-authority-data': btoa('CA-FILE'),
          'proxy-url': 'socks5://p',
          'disable-compression': true,
          config: { audience: 'us' },
        },
      },
    });
    const own = await kubeconfigFile({ file: at('config'), context: 'exec-and-token' }, {});
    assert.equal((await own.credentials()).token, 't', 'no program where there is a token');
  });

  test('whatever is in the file, it is a configuration or an invalid one', async () => {
    const lines = CONFIG.split('\n');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(lines.length - 1),
        fc.oneof(fc.string(), fc.constantFrom('x:', '- 7', 'null', '{ name: token, user: [] }', '*a', '!!js x')),
        async (line, text) => {
          await writeFile(at('mutated'), lines.toSpliced(line, 1, text).join('\n'));
          await kubeconfigFile({ file: at('mutated') }, {}).catch((error: Error & { code?: string }) => {
            assert.equal(error.code, 'invalid-kubeconfig', String(error.stack));
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a file that the kubeconfig names and that is not there is named when it is needed', async () => {
    await writeFile(at('lost-ca'), CONFIG.replace('ca.pem', 'lost.pem'));
    const config = await kubeconfigFile({ file: at('lost-ca') }, {});
    await assert.rejects(config.credentials(), {
      code: 'invalid-kubeconfig',
      message: /lost\.pem, which the kubeconfig names, cannot be read/,
    });
  });

  test('several files of KUBECONFIG: the first that names a thing holds, and one that is missing is none', async () => {
    await writeFile(at('first'), 'current-context: cert\nusers:\n- { name: cert, user: { token: FIRST } }\n');
    const KUBECONFIG = [at('nowhere'), at('first'), at('config')].join(delimiter);
    const config = await kubeconfigFile({}, { KUBECONFIG });
    assert.equal((await config.credentials()).token, 'FIRST');
    await assert.rejects(kubeconfigFile({}, { KUBECONFIG: at('nowhere') }), /there is no kubeconfig .*nowhere;/);
  });

  test('in a pod: its service account, whose files are read each time', async () => {
    const account = at('account');
    await mkdir(account);
    const environment = { KUBERNETES_SERVICE_HOST: '2001:db8::1', KUBERNETES_SERVICE_PORT: '6443', HOME: folder };
    assert.equal(await inClusterConfig(environment, account), undefined, 'no token, no pod');
    await Promise.all([
      writeFile(join(account, 'token'), 'T1\n'),
      writeFile(join(account, 'ca.crt'), 'CA'),
      writeFile(join(account, 'namespace'), 'n\n'),
    ]);
    assert.equal(await inClusterConfig({ HOME: folder }, account), undefined);
    const config = await inClusterConfig(environment, account);
    assert.deepEqual(
      [config?.server, config?.namespace, config?.skipTlsVerify],
      ['https://[2001:db8::1]:6443', 'n', false],
    );
    assert.deepEqual(await config?.credentials(), { ca: 'CA', token: 'T1' });
    await writeFile(join(account, 'token'), 'T2');
    assert.equal((await config?.credentials())?.token, 'T2');
    await rm(join(account, 'ca.crt'));
    await assert.rejects(async () => config?.credentials(), {
      code: 'invalid-kubeconfig',
      message: /ca\.crt cannot be read/,
    });
  });

  test('where nothing is found, both places are named', async () => {
    await assert.rejects(loadKubeConfig({}, { HOME: at('home') }), {
      code: 'invalid-kubeconfig',
      message: /no pod of a cluster, and there is no kubeconfig .*\.kube\/config; name/,
    });
    await assert.rejects(loadKubeConfig({ file: at('none') }, {}), { message: /^there is no kubeconfig .*none;/ });
    assert.equal((await loadKubeConfig({}, { KUBECONFIG: at('config') })).server, 'https://192.0.2.1:6443');
  });
});
