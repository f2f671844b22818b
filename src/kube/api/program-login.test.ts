import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { readExecCredential } from './exec-credential.ts';
import type { CredentialsRequest } from './kube-config.ts';
import { loginProgram } from './login-program.ts';
import { programLogin } from './program-login.ts';

const V1 = 'client.authentication.k8s.io/v1';
const anew: CredentialsRequest = { renew: true, signal: new AbortController().signal };
const answer = (status: unknown, apiVersion = V1): string =>
  JSON.stringify({ apiVersion, kind: 'ExecCredential', status });

describe('readExecCredential', () => {
  const pair = (): { key: string; certificate: string } => {
    const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a -keyout -'.split(' ');
    const text = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [key = '', certificate = ''] = text.split(/(?=-----BEGIN CERTIFICATE)/);
    return { key, certificate };
  };
  const one = pair();
  const other = pair();

  test('what is good', () => {
    assert.deepEqual(readExecCredential(answer({ token: 'T' }), V1), {
      token: 'T',
      certificate: undefined,
      key: undefined,
      goodUntil: undefined,
    });
    const both = { clientCertificateData: one.certificate, clientKeyData: one.key, token: '' };
    assert.deepEqual(readExecCredential(answer({ ...both, expirationTimestamp: '2026-01-02T03:04:05+01:00' }), V1), {
      token: undefined,
      certificate: one.certificate,
      key: one.key,
      goodUntil: Date.UTC(2026, 0, 2, 2, 4, 5),
    });
  });

  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['nothing', '', /^it wrote no ExecCredential in JSON$/],
    ['no JSON', 'SECRET', /^it wrote no ExecCredential in JSON$/],
    ['a list', '["SECRET"]', /^it wrote no ExecCredential in JSON$/],
    ['another kind', '{"apiVersion":"v1","kind":"SECRET","status":{}}', /whose kind is missing or of another form/],
    ['no status', answer(undefined), /whose status is missing/],
    ['a token that is no text', answer({ token: 7 }), /whose status\.token is missing or of another form/],
    ['no credential', answer({}), /neither a token nor a client certificate/],
    ['an empty token', answer({ token: '' }), /neither a token nor a client certificate/],
    ['a token of two lines', answer({ token: 'SECRET\nx: y' }), /characters that no token can have/],
    ['another version', answer({ token: 'SECRET' }, `${V1}beta1`), /another apiVersion than the kubeconfig asks for/],
    ['a time that is none', answer({ token: 'SECRET', expirationTimestamp: 'soon' }), /status\.expirationTimestamp is/],
    ['a key alone', answer({ clientKeyData: 'SECRET' }), /a client certificate or a key, and not both/],
    [
      'a pair that is none',
      answer({ clientCertificateData: one.certificate, clientKeyData: other.key }),
      /do not belong together/,
    ],
    ['no PEM', answer({ clientCertificateData: 'SECRET', clientKeyData: 'SECRET' }), /do not belong together/],
  ];
  for (const [what, text, expected] of rows) {
    test(what, () => {
      const found = readExecCredential(text, V1);
      assert.ok(typeof found === 'string');
      assert.match(found, expected);
      assert.doesNotMatch(found, /SECRET/);
    });
  }

  test('whatever it wrote, it is a credential or a sentence', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((status) => answer(status)),
        ),
        (text) => {
          const found = readExecCredential(text, V1);
          assert.ok(typeof found === 'string' || found.token !== undefined || found.certificate !== undefined);
        },
      ),
    );
  });
});

describe('programLogin', { timeout: 30_000 }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evercert-login-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** A login by a shell script. */
  async function login(
    script: string,
    more: { exec?: Record<string, unknown>; hasTerminal?: boolean; timeout?: number } = {},
  ) {
    await writeFile(join(folder, 'login'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const exec = { apiVersion: V1, command: './login', interactiveMode: 'IfAvailable', ...more.exec };
    const program = loginProgram(exec, folder);
    assert.ok(typeof program !== 'string');
    const { hasTerminal = false, timeout } = more;
    return programLogin(program, {
      user: 'u',
      environment: { PATH: process.env['PATH'], OURS: 'ours' },
      cluster: () => Promise.resolve({ server: 'https://kube' }),
      hasTerminal,
      ...(timeout === undefined ? {} : { timeout }),
    });
  }
  const write = (token: string): string =>
    `echo '{"apiVersion":"${V1}","kind":"ExecCredential","status":{"token":"'"${token}"'"}}'`;

  test('it is run once, and again when somebody asks for it', async () => {
    const script = `echo x >> "\${0%/*}/runs"; ${write('T$(grep -c x "${0%/*}/runs")')}`;
    const credentials = await login(script);
    assert.equal((await credentials()).token, 'T1');
    assert.equal((await credentials({ ...anew, renew: false })).token, 'T1');
    assert.equal((await credentials(anew)).token, 'T2');
    assert.equal((await credentials()).token, 'T2');
  });

  test('arguments, environment, no cluster unless it is wanted, and nothing to read', async () => {
    const script = `cat > "\${0%/*}/input"; printf %s "$KUBERNETES_EXEC_INFO" > "\${0%/*}/info"; ${write('$1.$OURS.$A')}`;
    const exec = { args: ['one'], env: [{ name: 'A', value: 'b c' }] };
    const credentials = await login(script.replace('b c', 'b'), {
      exec: { ...exec, env: [{ name: 'A', value: 'b' }] },
    });
    assert.equal((await credentials()).token, 'one.ours.b');
    const info = async (): Promise<unknown> =>
      (JSON.parse(await readFile(join(folder, 'info'), 'utf8')) as { spec: unknown }).spec;
    assert.deepEqual(await info(), { interactive: false });
    assert.equal(await readFile(join(folder, 'input'), 'utf8'), '');
    await (
      await login(script, { exec: { ...exec, env: null, provideClusterInfo: true } })
    )();
    assert.deepEqual(await info(), { interactive: false, cluster: { server: 'https://kube' } });
    const never = await login(script, { exec: { interactiveMode: 'Never' }, hasTerminal: true });
    await never();
    assert.deepEqual(await info(), { interactive: false });
  });

  test('a program of PATH', async () => {
    await writeFile(join(folder, 'login-of-path'), `#!/bin/sh\n${write('P')}\n`, { mode: 0o755 });
    const env = [{ name: 'PATH', value: `${folder}:${process.env['PATH'] ?? ''}` }];
    assert.equal((await (await login('', { exec: { command: 'login-of-path', env } }))()).token, 'P');
  });

  const faults: readonly (readonly [string, string, Parameters<typeof login>[1], RegExp])[] = [
    ['exit 1', 'echo SECRET; exit 1', {}, /which did not do it: it ended with exit code 1; see what it wrote above$/],
    ['a signal', 'kill -TERM $$', {}, /it was ended by SIGTERM/],
    ['garbage', 'echo SECRET', {}, /it wrote no ExecCredential in JSON$/],
    ['too much', 'yes SECRET', {}, /it wrote more than 1 MiB$/],
    // What it has started lives on, and holds its output open.
    ['too long', 'sleep 10', { timeout: 100 }, /it was not done after 0 s$/],
    [
      'none',
      '',
      { exec: { command: 'evercert-no-such', installHint: 'get it\n  from\u001B[1m here' } },
      /by the program evercert-no-such, which .*: there is no such program; install it: get it from \[1m here$/,
    ],
    ['none, and no hint', '', { exec: { command: './no-such' } }, /by the program \.\/no-such, .*; install it$/],
    ['not executable', '', { exec: { command: './info' } }, /it cannot be started: it is not executable$/],
    ['no terminal', '', { exec: { interactiveMode: 'Always' } }, /it needs a terminal as standard input/],
  ];
  for (const [what, script, more, message] of faults) {
    test(what, async () => {
      const credentials = await login(script, more);
      await assert.rejects(credentials(anew), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'kube-login-failed');
        assert.match(error.message, message);
        assert.match(error.message, /^the user "u" of the kubeconfig logs in by the program /);
        assert.doesNotMatch(error.message, /SECRET/);
        return true;
      });
    });
  }

  test('it ends when we do', async () => {
    const credentials = await login('echo $$ > "${0%/*}/pid"; exec sleep 20');
    const stop = new AbortController();
    const over = credentials({ renew: true, signal: stop.signal });
    const pid = async (): Promise<number> => Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => ''));
    while ((await pid()) === 0) await new Promise((resolve) => void setImmediate(resolve));
    stop.abort();
    await assert.rejects(over, /we were stopped/);
    const id = await pid();
    assert.throws(() => process.kill(id, 0), { code: 'ESRCH' });
  });
});
