import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type AcmeDnsServer, type AcmeDnsServerOptions, startAcmeDnsServer } from '../peers/acmedns-server.ts';

// What strangers may try against the API, on real sockets: whoever is right is served meanwhile. Linux gives each test client an address
// of its own in 127.0.0.0/8.

const GOOD = '127.0.0.1';
const BAD = '127.0.0.2';

interface Account {
  readonly username: string;
  readonly password: string;
  readonly subdomain: string;
}

async function start(t: TestContext, options: AcmeDnsServerOptions): Promise<AcmeDnsServer> {
  const server = await startAcmeDnsServer(options);
  t.after(() => server.stop());
  return server;
}

interface Asked {
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

/** One call from `from`. Rejects when the connection is cut before there is an answer. */
function ask(
  { apiPort }: AcmeDnsServer,
  path: string,
  {
    from = GOOD,
    headers = {},
    body,
    agent,
  }: { from?: string; headers?: Record<string, string>; body?: string; agent?: Agent } = {},
): Promise<Asked> {
  const started = performance.now();
  const method = body === undefined ? 'GET' : 'POST';
  const { promise, resolve, reject } = Promise.withResolvers<Asked>();
  const outgoing = request(
    { host: '127.0.0.1', port: apiPort, localAddress: from, method, path, headers, agent: agent ?? false },
    (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body: text, ms: performance.now() - started }));
      reply.on('error', reject);
    },
  );
  outgoing.on('error', reject).end(body);
  return promise;
}

const register = async (server: AcmeDnsServer): Promise<Account> =>
  JSON.parse((await ask(server, '/register', { body: '' })).body) as Account;

let digests = 0;
const digest = () => `${(digests += 1)}`.padStart(43, 'A_-z');

function update(
  server: AcmeDnsServer,
  account: Account,
  more: { from?: string; key?: string; agent?: Agent } = {},
): Promise<Asked> {
  const headers = { 'x-api-user': account.username, 'x-api-key': more.key ?? account.password };
  return ask(server, '/update', {
    ...more,
    headers,
    body: JSON.stringify({ subdomain: account.subdomain, txt: digest() }),
  });
}

/** Good updates one after another for as long as `attack` lasts, and at least `least` of them; the times that they took, sorted. */
async function updatesDuring(server: AcmeDnsServer, attack: Promise<unknown>, least = 1): Promise<number[]> {
  const account = await register(server);
  const times: number[] = [];
  const lasts = { attack: true };
  const over = attack.finally(() => (lasts.attack = false));
  while (lasts.attack || times.length < least) {
    const { status, ms } = await update(server, account);
    assert.equal(status, 200);
    times.push(ms);
  }
  await over;
  return times.toSorted((a, b) => a - b);
}

/** When the other side has cut it, or it broke. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });
}

async function opened(port: number, from: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

describe('slow clients', () => {
  const parts: [what: string, head: string, drip: string][] = [
    ['headers', 'POST /update HTTP/1.1\r\nHost: x\r\n', 'X: y\r\n'],
    ['a body', 'POST /update HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n', 'x'],
    ['chunks', 'POST /update HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'],
  ];
  for (const [what, head, drip] of parts) {
    test(`100 that send ${what} in drops are cut, and updates go on`, { timeout: 30_000 }, async (t) => {
      const server = await start(t, { http: { limits: { headersTimeout: 400, requestTimeout: 800 } } });
      const slow = await Promise.all(Array.from({ length: 100 }, () => opened(server.apiPort, BAD)));
      for (const socket of slow) socket.write(head);
      const timer = setInterval(() => {
        for (const socket of slow) if (socket.writable) socket.write(drip);
      }, 50);
      t.after(() => clearInterval(timer));
      const ended = Promise.all(slow.map((socket) => closed(socket.resume())));
      const times = await updatesDuring(server, ended);
      assert.ok((times.at(-1) ?? 0) < 5000, `the slowest took ${times.at(-1)} ms`);
    });
  }

  test('one that does not read its answers is cut', { timeout: 30_000 }, async (t) => {
    const limits = { idleTimeout: 4000, requestTimeout: 4000, headersTimeout: 4000 };
    const server = await start(t, { http: { limits } });
    const socket = await opened(server.apiPort, BAD);
    // One after the other, until nothing goes through any more: the answers fill all buffers between us.
    const timer = setInterval(() => socket.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'), 1);
    t.after(() => clearInterval(timer));
    socket.pause();
    const times = await updatesDuring(server, closed(socket));
    assert.ok(times.length > 0);
  });

  test(
    'one that asks for very much at once is cut, and what it asked for is not done',
    { timeout: 30_000 },
    async (t) => {
      const server = await start(t, {});
      const socket = await opened(server.apiPort, BAD);
      socket.write('POST /register HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000));
      await closed(socket.resume());
      let accounts = 0;
      for await (const page of server.accounts()) accounts += page.length;
      assert.ok(accounts <= 16, String(accounts));
    },
  );
});

test('a body without end is refused, and not kept', { timeout: 30_000 }, async (t) => {
  const server = await start(t, {});
  const socket = await opened(server.apiPort, BAD);
  let reply = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (reply += chunk));
  socket.write('POST /update HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  let sent = 0;
  const write = () => {
    while (socket.writable) {
      sent += piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', write);
  write();
  await closed(socket);
  assert.match(reply, /^HTTP\/1\.1 413 /);
  // What is read after the answer is thrown away; it ends with the time that a client has to see the answer.
  assert.ok(process.memoryUsage.rss() < 1_500_000_000);
  assert.ok(sent > 0x10000);
  assert.equal((await update(server, await register(server))).status, 200);
});

test('as many connections as one address can open keep nobody else out', { timeout: 30_000 }, async (t) => {
  const server = await start(t, { http: { limits: { connectionsPerSubscriber: 20, connections: 1000 } } });
  const all = await Promise.all(Array.from({ length: 300 }, () => opened(server.apiPort, BAD)));
  t.after(() => all.map((socket) => socket.destroy()));
  const cut = new Set<Socket>();
  for (const socket of all) void closed(socket.resume()).then(() => cut.add(socket));
  const account = await register(server);
  assert.equal((await update(server, account)).status, 200);
  while (cut.size < 280) await delay(5);
  await assert.rejects(update(server, account, { from: BAD }));
  assert.equal((await update(server, account)).status, 200);
  assert.equal(cut.size, 280);
});

describe('a flood of wrong keys', () => {
  const rates = { failures: { count: 20, interval: 3_600_000 } };
  const COUNT = 400;

  /** `COUNT` calls by 16 clients at a time; how often each status came. */
  async function flood(one: (agent: Agent) => Promise<Asked>): Promise<Map<number, number>> {
    const statuses = new Map<number, number>();
    const agent = new Agent({ keepAlive: false, maxSockets: 16 });
    let left = COUNT;
    const client = async () => {
      while (left > 0) {
        left -= 1;
        const { status } = await one(agent);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 16 }, client));
    agent.destroy();
    return statuses;
  }

  for (const [where, from] of [
    ['another address', BAD],
    ['the same address', GOOD],
  ] as const) {
    test(
      `from ${where}: good updates take no longer than beside as many harmless calls`,
      { timeout: 60_000 },
      async (t) => {
        const server = await start(t, { api: { rates } });
        const account = await register(server);
        const median = (times: readonly number[]) => times[Math.floor(times.length / 2)] ?? 0;

        const harmless = flood((agent) => ask(server, '/health', { from, agent }));
        const beside = median(await updatesDuring(server, harmless, 20));
        const attack = flood((agent) => update(server, account, { from, key: 'a'.repeat(40), agent }));
        const under = median(await updatesDuring(server, attack, 20));
        const statuses = await attack;
        assert.deepEqual(
          [...statuses.keys()].toSorted((a, b) => a - b),
          [401, 429],
        );
        assert.deepEqual([statuses.get(401), statuses.get(429)], [20, COUNT - 20]);
        assert.ok(
          under < 5 * beside + 300,
          `an update took ${under} ms under attack, and ${beside} ms beside harmless calls`,
        );
      },
    );
  }
});
