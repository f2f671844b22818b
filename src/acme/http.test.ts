import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '../core/clock.ts';
import { connectProxy } from '../core/testing/proxies.ts';
import { createRoot, issueCertificate } from '../pki/issue.ts';
import { generateKey, parsePrivateKey } from '../pki/key.ts';
import { createTransport } from './http.ts';
import type { Exchange, Transport, TransportOptions } from './http.ts';
import { createManualClock } from './testing/manual-clock.ts';

const HOUR = 3_600_000;
const { signal } = new AbortController();
const root = await createRoot({ ...around(Date.now()), commonName: 'Test Root' });
const otherRoot = await createRoot({ ...around(Date.now()), commonName: 'Other Root' });

function around(now: number): { notBefore: number; notAfter: number } {
  return { notBefore: now - HOUR, notAfter: now + HOUR };
}

async function listen(context: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function plain(context: TestContext, handler: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(context, createServer(handler))}/path?query=1`;
}

async function secure(
  context: TestContext,
  o: { names?: string[]; notBefore?: number; notAfter?: number } = {},
): Promise<string> {
  const key = await generateKey('P-256');
  const publicKey = createPublicKey(parsePrivateKey(key));
  const names = o.names ?? ['127.0.0.1'];
  const cert = await issueCertificate({ ...around(Date.now()), ...o, names, issuer: root, publicKey });
  const server = createSecureServer({ key, cert }, (_, response) => response.end('secure'));
  return `https://127.0.0.1:${await listen(context, server)}/`;
}

function transport(context: TestContext, options: Partial<TransportOptions> = {}): Transport {
  const made = createTransport({ userAgent: 'test/1', timeout: 5000, connections: 4, clock: systemClock, ...options });
  context.after(() => made.close());
  return made;
}

describe('one exchange', () => {
  test('has the User-Agent, the status, the headers in lower case, repeated ones joined, and the local time', async (t) => {
    let agent: string | undefined;
    const url = await plain(t, (request, response) => {
      agent = request.headers['user-agent'];
      response.writeHead(
        418,
        [
          ['X-One', '1'],
          ['Link', '<a>;rel="index"'],
          ['Link', '<b>;rel="alternate"'],
        ].flat(),
      );
      response.end(`${request.method} ${request.url}`);
    });
    const clock = createManualClock();
    const seen: Exchange[] = [];
    const client = transport(t, { clock, observe: (exchange) => seen.push(exchange) });
    const response = await client.send({ method: 'GET', url }, signal);
    assert.equal(agent, 'test/1');
    assert.equal(response.status, 418);
    assert.equal(response.headers.get('x-one'), '1');
    assert.equal(response.headers.get('link'), '<a>;rel="index", <b>;rel="alternate"');
    assert.equal(response.body, 'GET /path?query=1');
    assert.equal(response.receivedAt, clock.now());
    assert.deepEqual(
      seen.map(({ method, status }) => [method, status]),
      [['GET', 418]],
    );
  });

  test('connections are kept and used again', async (t) => {
    const ports = new Set<number | undefined>();
    const url = await plain(t, (request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    const client = transport(t);
    for (let n = 0; n < 5; n += 1) await client.send({ method: 'GET', url }, signal);
    // undici frees a connection a moment after the body has ended, so a second one may be opened meanwhile.
    assert.ok(ports.size <= 2, `${ports.size} connections`);
  });

  test('a host that has an IPv6 address as well, where nothing listens', async (t) => {
    const url = await plain(t, (_, response) => response.end('IPv4'));
    const local = url.replace('127.0.0.1', 'localhost');
    assert.equal((await transport(t).send({ method: 'GET', url: local }, signal)).body, 'IPv4');
  });

  test('a body of 1 MiB is taken, a larger one is cut off', async (t) => {
    const url = await plain(t, (request, response) => response.end('x'.repeat(Number(request.headers['x-size']))));
    const client = transport(t);
    const ask = (size: number): Promise<{ body: string }> =>
      client.send({ method: 'GET', url, headers: { 'x-size': String(size) } }, signal);
    assert.equal((await ask(1024 * 1024)).body.length, 1024 * 1024);
    await assert.rejects(ask(1024 * 1024 + 1), { code: 'acme-bad-response', message: /more than 1 MiB/ });
  });
});

describe('time and cancellation', () => {
  const never: [what: string, handler: RequestListener][] = [
    ['no answer', () => {}],
    ['headers and no body', (_, response) => response.writeHead(200, { 'content-length': '100' }).flushHeaders()],
    [
      'a body that drips',
      (_, response) => {
        const drip = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(drip));
      },
    ],
  ];
  for (const [what, handler] of never) {
    test(`${what}: ends with the timeout`, async (t) => {
      const url = await plain(t, handler);
      await assert.rejects(transport(t, { timeout: 200 }).send({ method: 'GET', url }, signal), {
        code: 'acme-timeout',
        message: /did not answer within 0.2 s/,
        retry: { kind: 'backoff' },
      });
    });

    test(`${what}: ends with the reason of the caller's signal`, async (t) => {
      const url = await plain(t, handler);
      const stop = new AbortController();
      const sending = transport(t).send({ method: 'GET', url }, stop.signal);
      setTimeout(() => stop.abort(new Error('enough')), 50);
      await assert.rejects(sending, /enough/);
    });
  }

  test('an aborted signal sends nothing', async (t) => {
    let asked = 0;
    const url = await plain(t, (_, response) => {
      asked += 1;
      response.end();
    });
    await assert.rejects(transport(t).send({ method: 'GET', url }, AbortSignal.abort(new Error('over'))), /over/);
    assert.equal(asked, 0);
  });

  test('closing ends what is under way, and nothing is sent after it', async (t) => {
    const url = await plain(t, () => {});
    const client = transport(t);
    const sending = client.send({ method: 'GET', url }, signal);
    setTimeout(() => void client.close(), 50);
    await assert.rejects(sending, { code: 'acme-unreachable', message: /was closed/ });
    await assert.rejects(client.send({ method: 'GET', url }, signal), { message: /was closed/ });
  });
});

describe('a connection that is cut', () => {
  for (const [what, cutAt] of [
    ['before the answer', 'start'],
    ['in the middle of the body', 'middle'],
  ] as const) {
    test(`${what}: the same bytes are sent once more, and the answer says so`, async (t) => {
      const bodies: string[] = [];
      const url = await plain(t, (request, response) => {
        request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
        request.on('end', () => {
          if (bodies.length > 1) response.end('second');
          else if (cutAt === 'start') request.socket.destroy();
          else response.writeHead(200, { 'content-length': '10' }).write('first', () => request.socket.destroy());
        });
      });
      const response = await transport(t).send({ method: 'POST', url, body: 'signed' }, signal);
      assert.deepEqual(bodies, ['signed', 'signed']);
      assert.equal(response.body, 'second');
      assert.equal(response.resent, true);
    });
  }

  test('twice: that is an error', async (t) => {
    const url = await plain(t, (request) => request.socket.destroy());
    await assert.rejects(transport(t).send({ method: 'POST', url, body: 'x' }, signal), {
      code: 'acme-unreachable',
      message: /it cut the connection/,
    });
  });
});

describe('TLS', () => {
  test('the given root is trusted', async (t) => {
    const url = await secure(t);
    const client = transport(t, { trust: `# comment\n${otherRoot.certificate}\n${root.certificate}` });
    assert.equal((await client.send({ method: 'GET', url }, signal)).body, 'secure');
  });

  const rows: [what: string, trust: string | undefined, o: Parameters<typeof secure>[1], message: RegExp][] = [
    ['a private root that was not named', undefined, {}, /name its root with --ca-root FILE/],
    ['another root than the one named', otherRoot.certificate, {}, /\(--ca-root\) do not vouch for it/],
    ['another name', root.certificate, { names: ['other.example'] }, /it is for other names/],
    ['an expired one', root.certificate, { notBefore: 0, notAfter: Date.now() - HOUR }, /it has expired/],
    [
      'one from the future',
      root.certificate,
      { notBefore: Date.now() + HOUR, notAfter: Date.now() + 2 * HOUR },
      /not valid yet/,
    ],
  ];
  for (const [what, trust, o, message] of rows) {
    test(`${what} is told`, async (t) => {
      const url = await secure(t, o);
      await assert.rejects(transport(t, { trust }).send({ method: 'GET', url }, signal), {
        code: 'acme-untrusted',
        message,
      });
    });
  }

  test('a port that speaks no TLS is told', async (t) => {
    const url = (await plain(t, (_, response) => response.end())).replace('http:', 'https:');
    await assert.rejects(transport(t).send({ method: 'GET', url }, signal), {
      code: 'acme-not-a-directory',
      message: /does not speak TLS/,
    });
  });

  for (const trust of [
    '',
    'garbage',
    root.privateKey,
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
  ]) {
    test(`a root that is none is refused at once: ${trust.slice(0, 30)}`, () => {
      assert.throws(() => createTransport({ userAgent: '', timeout: 1, connections: 1, clock: systemClock, trust }), {
        code: 'acme-invalid-root',
      });
    });
  }
});

test('nothing listens', async (t) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  await assert.rejects(transport(t).send({ method: 'GET', url: `http://127.0.0.1:${port}/` }, signal), {
    code: 'acme-unreachable',
    message: `the CA at 127.0.0.1:${port} cannot be reached: nothing listens there; check the directory URL and this machine's network`,
  });
});

describe('through a proxy', { timeout: 20_000 }, () => {
  const ca = 'https://ca.test/directory';
  const by = (port: number, password = '') => ({ proxyFor: () => `http://${password}127.0.0.1:${port}` });

  test('the CA is looked up there, and its certificate is checked here', async (t) => {
    const port = Number(new URL(await secure(t, { names: ['ca.test'] })).port);
    const proxy = await connectProxy(t, port);
    const good = transport(t, { ...by(proxy.port, 'u:p@'), trust: root.certificate });
    for (let call = 0; call < 10; call += 1)
      assert.equal((await good.send({ method: 'GET', url: ca }, signal)).body, 'secure');
    assert.deepEqual(new Set(proxy.asked), new Set([`ca.test:443 Basic ${btoa('u:p')}`]));
    // The pool takes a second one when a call follows at the heels of another.
    assert.ok(proxy.asked.length <= 2, 'tunnels are used again');
    const bad = transport(t, { ...by(proxy.port), trust: otherRoot.certificate });
    await assert.rejects(bad.send({ method: 'GET', url: ca }, signal), { code: 'acme-untrusted' });
  });

  test('only what the rule says goes there', async (t) => {
    const straight = await plain(t, (_, response) => response.end('straight'));
    const proxy = await connectProxy(t, 1);
    const proxyFor = (url: URL): string | undefined =>
      url.hostname === 'ca.test' ? `http://127.0.0.1:${proxy.port}` : undefined;
    const made = transport(t, { proxyFor });
    assert.equal((await made.send({ method: 'GET', url: straight }, signal)).body, 'straight');
    await assert.rejects(made.send({ method: 'GET', url: ca }, signal), { code: 'acme-unreachable' });
    assert.deepEqual(proxy.asked, ['ca.test:443 -']);
  });

  const faults: readonly (readonly [string, { status?: number; cut?: boolean } | undefined, RegExp])[] = [
    ['it wants a password', { status: 407 }, /the proxy wants a name and a password \(407\)/],
    ['it does not let us', { status: 403 }, /the proxy answered 403/],
    ['it hangs up', { cut: true }, /the proxy cut the connection/],
    ['it is not there', undefined, /nothing listens there/],
  ];
  for (const [what, how, message] of faults) {
    test(what, async (t) => {
      const port = how === undefined ? 1 : (await connectProxy(t, 1, how)).port;
      await assert.rejects(
        transport(t, by(port, 'u:SECRET@')).send({ method: 'GET', url: ca }, signal),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'acme-unreachable');
          assert.match(
            error.message,
            /^the CA at ca\.test cannot be reached through the proxy http:\/\/127\.0\.0\.1:\d+: /,
          );
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /SECRET/);
          return true;
        },
      );
    });
  }

  test('a proxy that is no URL', async (t) => {
    await assert.rejects(transport(t, { proxyFor: () => 'ftp://SECRET' }).send({ method: 'GET', url: ca }, signal), {
      code: 'acme-unreachable',
      message: 'HTTPS_PROXY (or HTTP_PROXY) is no http://, https:// or socks5:// URL of a proxy',
    });
  });
});
