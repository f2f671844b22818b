import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import { type HttpOptions, startHttp } from './listener.ts';
import { readAll } from './testing/read-all.ts';

/** Says what it was asked: method, path, body and peer. */
const echo: HttpOptions['app'] = {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    return new Response(`${request.method} ${pathname} ${await request.text()} ${env.peer}`);
  },
};

async function start(t: TestContext, options: Partial<HttpOptions> = {}) {
  const server = await startHttp({ listeners: [{ address: '127.0.0.1', port: 0 }], app: echo, ...options });
  t.after(() => server.stop(0));
  return { server, port: server.addresses[0]?.port ?? 0 };
}

/** Everything that comes back for these bytes, until the other side closes. */
async function exchange(port: number, ...pieces: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  for (const piece of pieces) socket.write(piece);
  return readAll(socket);
}

const CLOSE = 'Host: x\r\nConnection: close\r\n';

describe('requests as clients write them', () => {
  const cases: [string, string, RegExp][] = [
    [
      'POST without length, as curl -X POST',
      `POST /register HTTP/1.1\r\n${CLOSE}\r\n`,
      /^HTTP\/1.1 200 .*POST \/register {2}127.0.0.1$/s,
    ],
    ['length 0', `POST /r HTTP/1.1\r\n${CLOSE}Content-Length: 0\r\n\r\n`, /POST \/r {2}127/],
    ['a body', `POST /r HTTP/1.1\r\n${CLOSE}Content-Length: 4\r\n\r\nnull`, /POST \/r null 127/],
    [
      'chunks',
      `POST /r HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n2\r\nnu\r\n2\r\nll\r\n0\r\n\r\n`,
      /POST \/r null 127/,
    ],
    ['two slashes', `POST //update HTTP/1.1\r\n${CLOSE}\r\n`, /POST \/\/update {2}127/],
    ['a whole URL', `POST http://x/update HTTP/1.1\r\n${CLOSE}\r\n`, /POST \/update {2}127/],
    ['HTTP/1.0 without Host', 'POST /r HTTP/1.0\r\n\r\n', /^HTTP\/1.1 200 .*POST \/r/s],
    [
      'Expect: 100-continue',
      `POST /r HTTP/1.1\r\n${CLOSE}Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx`,
      /^HTTP\/1.1 100 .*POST \/r x/s,
    ],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', /^HTTP\/1.1 400 /],
    ['not HTTP', 'hello\r\n\r\n', /^HTTP\/1.1 400 /],
    ['two lengths', `POST / HTTP/1.1\r\n${CLOSE}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`, /^HTTP\/1.1 400 /],
    [
      'length and chunks',
      `POST / HTTP/1.1\r\n${CLOSE}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1.1 400 /,
    ],
    ['headers without end', `GET / HTTP/1.1\r\n${CLOSE}X: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
  ];
  for (const [name, text, expected] of cases) {
    test(name, async (t) => {
      const { port } = await start(t);
      assert.match(await exchange(port, text), expected);
    });
  }

  test('several on one connection', async (t) => {
    const { port } = await start(t);
    const one = 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1';
    const all = await exchange(port, one, one, `POST /b HTTP/1.1\r\n${CLOSE}\r\n`);
    assert.deepEqual(
      [...all.matchAll(/POST \S+ \d?/g)].map(([match]) => match),
      ['POST /a 1', 'POST /a 1', 'POST /b '],
    );
  });
});

describe('limits', { concurrency: true }, () => {
  const limits = { body: 1000 };
  const cases: [string, string][] = [
    ['an announced length', `Content-Length: 1001\r\n\r\n`],
    ['chunks', `Transfer-Encoding: chunked\r\n\r\n${`100\r\n${'x'.repeat(256)}\r\n`.repeat(5)}`],
  ];
  for (const [name, rest] of cases) {
    test(`a body too large is 413, and the connection is closed: ${name}`, async (t) => {
      const { port } = await start(t, { limits });
      const reply = await exchange(port, `POST /update HTTP/1.1\r\nHost: x\r\n${rest}`);
      assert.match(reply, /^HTTP\/1.1 413 .*\r\n\r\n.*\{"error": "body_too_large"\}/s);
      assert.match(reply, /content-type: application\/json\r\n/i);
    });
  }

  test('a body of just the limit is taken', async (t) => {
    const { port } = await start(t, { limits });
    const body = 'x'.repeat(1000);
    assert.match(
      await exchange(port, `POST / HTTP/1.1\r\n${CLOSE}Content-Length: 1000\r\n\r\n${body}`),
      new RegExp(body),
    );
  });

  const slow: [string, string][] = [
    ['headers', 'POST / HTTP/1.1\r\nHost: x\r\n'],
    ['body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc'],
    ['chunks', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc'],
  ];
  for (const [name, text] of slow) {
    test(`a client that stops in its ${name} is cut`, async (t) => {
      const { port } = await start(t, { limits: { headersTimeout: 200, requestTimeout: 300 } });
      assert.match(await exchange(port, text), /^HTTP\/1.1 408 |^$/);
    });
  }

  test('an idle connection is closed', async (t) => {
    const { port } = await start(t, { limits: { idleTimeout: 100 } });
    assert.match(await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1.1 200 /);
  });

  test('connections over the limit are dropped, and the others go on', async (t) => {
    const { port } = await start(t, { limits: { connections: 1 } });
    const first = connect(port, '127.0.0.1');
    await once(first, 'connect');
    first.write('GET /1 HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(first, 'data');
    assert.equal(await exchange(port, `GET /2 HTTP/1.1\r\n${CLOSE}\r\n`), '');
    first.write(`GET /3 HTTP/1.1\r\n${CLOSE}\r\n`);
    assert.match(await readAll(first), /GET \/3/);
  });
});

describe('start and stop', () => {
  test('a request under way is answered, and new ones are refused', async (t) => {
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const app: HttpOptions['app'] = {
      async fetch() {
        entered.resolve();
        await release.promise;
        return new Response('done');
      },
    };
    const { server, port } = await start(t, { app });
    const reply = exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await entered.promise;
    const stopped = server.stop();
    await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
    release.resolve();
    assert.match(await reply, /done$/);
    await stopped;
  });

  test('a request that does not end is cut after the grace', async (t) => {
    const app: HttpOptions['app'] = { fetch: () => new Promise(() => {}) };
    const { server, port } = await start(t, { app });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'connect');
    const reply = readAll(socket);
    await server.stop(50);
    assert.equal(await reply, '');
  });

  test('several addresses, with the ports they got', async (t) => {
    const { server } = await start(t, {
      listeners: [
        { address: '127.0.0.1', port: 0 },
        { address: '::1', port: 0 },
      ],
    });
    assert.deepEqual(
      server.addresses.map(({ address }) => address),
      ['127.0.0.1', '::1'],
    );
    assert.ok(server.addresses.every(({ port }) => port > 0));
  });

  test('a port in use: the holder by name, and no other listener stays open', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const other = (free.address() as AddressInfo).port;
    free.close();
    await once(free, 'close');
    const starting = startHttp({
      listeners: [
        { address: '127.0.0.1', port: other },
        { address: '127.0.0.1', port },
      ],
      app: echo,
      describeHolder: async (taken) => `nginx (pid ${taken.port})`,
    });
    await assert.rejects(starting, {
      code: 'port-in-use',
      message: `TCP 127.0.0.1:${port} is in use by nginx (pid ${port}); stop it, or choose another port`,
    });
    await assert.rejects(once(connect(other, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
    holder.close();
  });

  test('an address that is not of this machine', async () => {
    const starting = startHttp({ listeners: [{ address: '203.0.113.1', port: 0 }], app: echo });
    await assert.rejects(starting, { code: 'address-unavailable' });
  });
});

describe('TLS', () => {
  test('from 1.2 up, and new connections get the new certificate', async (t) => {
    const [first, second] = [selfSigned(t, 'one.example'), selfSigned(t, 'two.example')];
    const { server, port } = await start(t, { tls: first });
    assert.equal(await subjectAt(port), 'one.example');
    server.replaceTls(second);
    assert.equal(await subjectAt(port), 'two.example');
    const request = httpsRequest({
      port,
      host: '127.0.0.1',
      path: '/x',
      rejectUnauthorized: false,
      agent: false,
    }).end();
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
    assert.equal(response.statusCode, 200);
    response.resume();
    const old = tlsConnect({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    await assert.rejects(once(old, 'secureConnect'));
  });
});

async function subjectAt(port: number): Promise<string | undefined> {
  const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return Array.isArray(name) ? name[0] : name;
}

function selfSigned(t: TestContext, name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}
