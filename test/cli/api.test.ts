import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import { freePort } from '../peers/free-port.ts';
import { tempFolder } from '../peers/temp-folder.ts';
import { evercert, startEvercert } from './run-evercert.ts';
import type { RunningEvercert } from './run-evercert.ts';
import { until } from './until.ts';

// The API as its operator sets it up: from the configuration file to the answer, the log and the metrics.

const TOKEN = 'b6d4a1f0c2e84d7796aa';
const VALUE = 'LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM';

interface Account {
  readonly username: string;
  readonly password: string;
  readonly subdomain: string;
}

interface Served {
  readonly api: string;
  readonly apiPort: number;
  readonly running: RunningEvercert;
  metrics(): Promise<string>;
}

async function serve(t: TestContext, api: string, log = ''): Promise<Served> {
  const { path: folder } = tempFolder('api');
  const [dnsPort, apiPort, statusPort] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(join(folder, 'tokens'), `# machines\n${TOKEN}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'users'), 'alice:s3cret-of-alice\n', { mode: 0o600 });
  const lines = [
    'data = "data"',
    '[zone]\nname = "auth.example.net"\nrecords = ["auth.example.net. A 127.0.0.1"]',
    `[dns]\nlisten = ["127.0.0.1:${dnsPort}"]`,
    `[api]\nlisten = ["127.0.0.1:${apiPort}"]\nstatus_listen = ["127.0.0.1:${statusPort}"]\n${api}`,
    log,
  ];
  const config = join(folder, 'evercert.toml');
  writeFileSync(config, lines.join('\n'));
  const running = startEvercert(['serve', '--config', config], { timeout: 60_000 });
  t.after(async () => {
    running.kill('SIGTERM');
    await running.ended;
  });
  await running.waitFor(/"message":"serving"/);
  return {
    api: `http://127.0.0.1:${apiPort}`,
    apiPort,
    running,
    metrics: async () => (await fetch(`http://127.0.0.1:${statusPort}/metrics`)).text(),
  };
}

async function post(url: string, headers: Record<string, string> = {}, body?: object): Promise<Response> {
  return fetch(url, { method: 'POST', headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

const keysOf = ({ username, password }: Account) => ({ 'X-Api-User': username, 'X-Api-Key': password });

describe('the API of serve', { concurrency: 2 }, () => {
  test('a restricted registration, its limit, the log of who did what, and the metrics', async (t) => {
    const { api, running, metrics } = await serve(
      t,
      'registration = "restricted"\nregistration_tokens = "tokens"\nregistration_users = "users"\nregistrations_per_hour = 3\nfailures_per_minute = 2',
      '[log]\nlevel = "debug"',
    );
    assert.equal((await post(`${api}/register`)).status, 401);
    const registered = await post(`${api}/t/${TOKEN}/register`);
    assert.equal(registered.status, 201);
    const account = (await registered.json()) as Account;
    const basic = { authorization: `Basic ${btoa('alice:s3cret-of-alice')}` };
    assert.equal((await post(`${api}/register`, basic)).status, 201);
    assert.equal((await post(`${api}/register`, { 'X-Api-Registration-Token': TOKEN })).status, 201);
    const limited = await post(`${api}/register`, basic);
    assert.equal(limited.status, 429);
    assert.ok(Number(limited.headers.get('retry-after')) > 1000);

    const { subdomain } = account;
    assert.equal((await post(`${api}/update`, keysOf(account), { subdomain, txt: VALUE })).status, 200);
    const wrong = { ...keysOf(account), 'X-Api-Key': 'k'.repeat(40) };
    const statuses = [];
    for (let times = 0; times < 3; times += 1) {
      statuses.push((await post(`${api}/update`, wrong, { subdomain, txt: VALUE })).status);
    }
    assert.deepEqual(statuses, [401, 401, 429]);
    const rotated = (await (await post(`${api}/rotate`, keysOf(account), { subdomain })).json()) as Account;
    assert.equal((await post(`${api}/deregister`, keysOf(rotated), { subdomain })).status, 200);

    const lines = () => running.events().filter((line) => 'operation' in line);
    await until('the log of the calls', () => lines().length >= 11);
    assert.deepEqual(
      lines().map(({ level, message, operation, from, result = '' }) => [level, message, operation, from, result]),
      [
        ['warn', 'API call refused', 'register', '127.0.0.1', 'registration_unauthorized'],
        ['info', 'account registered', 'register', '127.0.0.1', ''],
        ['info', 'account registered', 'register', '127.0.0.1', ''],
        ['info', 'account registered', 'register', '127.0.0.1', ''],
        ['debug', 'API call not served', 'register', '127.0.0.1', 'rate_limited'],
        ['debug', 'value put in place', 'update', '127.0.0.1', ''],
        ['warn', 'API call refused', 'update', '127.0.0.1', 'forbidden'],
        ['warn', 'API call refused', 'update', '127.0.0.1', 'forbidden'],
        ['debug', 'API call not served', 'update', '127.0.0.1', 'rate_limited'],
        ['info', 'key replaced', 'rotate', '127.0.0.1', ''],
        ['info', 'account removed', 'deregister', '127.0.0.1', ''],
      ],
    );
    assert.equal(lines().at(-1)?.['username'], account.username);
    assert.equal(lines().at(-1)?.['subdomain'], subdomain);

    const counted = await metrics();
    for (const line of [
      'acmedns_challenge_updates_total{result="success"} 1',
      'acmedns_challenge_updates_total{result="failure"} 3',
      'acmedns_registrations_total{result="success"} 3',
      'acmedns_registrations_total{result="failure"} 2',
      'acmedns_registered_accounts 2',
      'evercert_api_calls_total{operation="deregister",result="success"} 1',
    ]) {
      assert.ok(counted.split('\n').includes(line), `${line} in\n${counted}`);
    }
    for (const secret of [TOKEN, 's3cret', account.password, rotated.password, 'kkkkkkkk']) {
      assert.ok(!running.stderr().includes(secret) && !running.stdout().includes(secret) && !counted.includes(secret));
    }
  });

  test('behind a proxy: the client is named by header or PROXY protocol, and nobody can name himself', async (t) => {
    const body = { allowfrom: ['203.0.113.0/24'] };
    const value = ({ subdomain }: Account) => ({ subdomain, txt: VALUE });
    const byHeader = await serve(t, 'trusted_proxies = ["127.0.0.1"]');
    const account = (await (await post(`${byHeader.api}/register`, {}, body)).json()) as Account;
    const from = async (client: string) =>
      (await post(`${byHeader.api}/update`, { ...keysOf(account), 'X-Forwarded-For': client }, value(account))).status;
    assert.equal(await from('203.0.113.9'), 200);
    assert.equal(await from('203.0.113.9, 198.51.100.1'), 401);
    assert.equal(await from('198.51.100.1, 203.0.113.9'), 200);

    const { apiPort } = await serve(t, 'trusted_proxies = ["127.0.0.1"]\nproxy_protocol = true');
    const exchange = async (client: string, path: string, headers: Record<string, string>, sent: object) => {
      const socket = connect(apiPort, '127.0.0.1');
      await once(socket, 'connect');
      const content = JSON.stringify(sent);
      const head = [
        `PROXY TCP4 ${client} 10.0.0.1 4711 80`,
        `POST ${path} HTTP/1.1`,
        'Host: x',
        'Connection: close',
        ...Object.entries(headers).map(([name, given]) => `${name}: ${given}`),
        `Content-Length: ${content.length}`,
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n${content}`);
      return text(socket);
    };
    const [, reply = ''] = (await exchange('203.0.113.9', '/register', {}, body)).split('\r\n\r\n');
    const other = JSON.parse(reply) as Account;
    const update = (client: string) => exchange(client, '/update', keysOf(other), value(other));
    assert.match(await update('203.0.113.77'), /^HTTP\/1\.1 200 /);
    assert.match(await update('198.51.100.1'), /^HTTP\/1\.1 401 /);
  });
});

test('a token file that cannot be used is told before anything starts, and no token is shown', async () => {
  const { path: folder } = tempFolder('api');
  writeFileSync(join(folder, 'tokens'), 'tooshort', { mode: 0o600 });
  const config = join(folder, 'evercert.toml');
  writeFileSync(config, '[zone]\nname = "a.b"\n[api]\nregistration = "restricted"\nregistration_tokens = "tokens"\n');
  const { code, stderr } = await evercert(['serve', '--config', config]);
  assert.notEqual(code, 0);
  assert.match(stderr, /api\.registration_tokens cannot be used: the token in line 1 of its file is shorter than 16/);
  assert.ok(!stderr.includes('tooshort'));
});
