import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import * as fc from 'fast-check';
import { createRoot, issueCertificate } from '../pki/issue.ts';
import { generateKey, parsePrivateKey } from '../pki/key.ts';
import { createPublicKey } from 'node:crypto';
import { type HttpOptions, startHttp } from './listener.ts';
import { readAll } from './testing/read-all.ts';

const TRUSTED = { trustedProxies: ['127.0.0.1/32'], proxyProtocol: true };
const CLOSE = 'Host: x\r\nConnection: close\r\n';
const V1 = 'PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n';
const V2 = Buffer.from('0d0a0d0a000d0a515549540a2111000ccb0071090a000001126701bb', 'hex');

/** Says whom it takes the request to come from, and what was in it. */
const echo: HttpOptions['app'] = {
  fetch: async (request, { peer }) => new Response(`${peer} ${new URL(request.url).pathname} ${await request.text()}`),
};

async function start(t: TestContext, options: Partial<HttpOptions> = {}) {
  const server = await startHttp({ listeners: [{ address: '127.0.0.1', port: 0 }], app: echo, ...options });
  t.after(() => server.stop(0));
  return { server, port: server.addresses[0]?.port ?? 0 };
}

/** What comes back for these pieces, each sent when the one before it has gone out. */
async function exchange(port: number, ...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const all = readAll(socket);
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
  return all;
}

describe('the PROXY protocol', () => {
  const request = `POST /update HTTP/1.1\r\n${CLOSE}Content-Length: 4\r\n\r\nbody`;
  const rows: [says: string, pieces: (string | Uint8Array)[], from: string][] = [
    ['version 1', [V1 + request], '203.0.113.9'],
    ['version 1, apart from the request', [V1, request], '203.0.113.9'],
    ['version 1, in pieces', [...V1.split(''), request], '203.0.113.9'],
    ['version 2', [Buffer.concat([V2, Buffer.from(request)])], '203.0.113.9'],
    ['version 2, in pieces', [V2.subarray(0, 5), V2.subarray(5, 20), V2.subarray(20), request], '203.0.113.9'],
    ['IPv6', [`PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n${request}`], '2001:db8::7'],
    ['the proxy itself', [`PROXY UNKNOWN\r\n${request}`], '127.0.0.1'],
  ];
  for (const [says, pieces, from] of rows) {
    test(says, async (t) => {
      const { port } = await start(t, TRUSTED);
      assert.match(await exchange(port, ...pieces), new RegExp(`^HTTP/1.1 200 .*\r\n${from} /update body$`, 's'));
    });
  }

  test('however it is cut into pieces, also with several requests on the connection', async (t) => {
    const { port } = await start(t, TRUSTED);
    const keep = 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1';
    const bytes = Buffer.concat([V2, Buffer.from(keep + keep + request)]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
        const sorted = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
        const reply = await exchange(port, ...pieces.filter((piece) => piece.length > 0));
        assert.deepEqual([...reply.matchAll(/203\.0\.113\.9 \S+ \S+(?=HTTP|$)/g)].map(String), [
          '203.0.113.9 /a 1',
          '203.0.113.9 /a 1',
          '203.0.113.9 /update body',
        ]);
      }),
      { numRuns: 40 },
    );
  });

  const none: [says: string, bytes: string | Uint8Array][] = [
    ['HTTP at once', request],
    ['another word', 'PROXY TCP9 a b c d\r\n'],
    ['a line without end', `PROXY ${'x'.repeat(200)}`],
    ['rubbish', Buffer.from([0, 1, 2])],
    ['version 2 of 64 KiB', Buffer.concat([V2.subarray(0, 14), Buffer.from([0xff, 0xff])])],
  ];
  for (const [says, bytes] of none) {
    test(`a trusted proxy that does not speak it is cut: ${says}`, async (t) => {
      const { port } = await start(t, TRUSTED);
      assert.equal(await exchange(port, bytes), '');
    });
  }

  test('one that says nothing, or half of it, is cut in time, and a stop does not wait for it', async (t) => {
    const { port } = await start(t, { ...TRUSTED, limits: { headersTimeout: 100 } });
    assert.equal(await exchange(port, 'PROXY TCP4 203'), '');
    const { port: other, server } = await start(t, TRUSTED);
    const silent = connect(other, '127.0.0.1');
    await once(silent, 'connect');
    // Taken once a later connection has been served.
    await exchange(other, V1 + request);
    const [reply] = await Promise.all([readAll(silent), server.stop(60_000)]);
    assert.equal(reply, '');
  });

  test('a client that is no proxy cannot name another address', async (t) => {
    const { port } = await start(t, { trustedProxies: ['10.0.0.0/8'], proxyProtocol: true });
    assert.match(await exchange(port, V1 + request), /^HTTP\/1.1 400 /);
    assert.match(await exchange(port, request), /127\.0\.0\.1 \/update body$/);
  });

  test('before TLS', async (t) => {
    const { port } = await start(t, { ...TRUSTED, tls: await selfSigned() });
    for (const header of [V1, V2]) {
      const raw = connect(port, '127.0.0.1');
      raw.write(header);
      const socket = tlsConnect({ socket: raw, rejectUnauthorized: false });
      socket.write(request);
      assert.match(await readAll(socket), /203\.0\.113\.9 \/update body$/);
    }
  });
});

describe('connections for each address', () => {
  test('too many of one are cut, and as many again go when some have ended', async (t) => {
    const { port } = await start(t, { limits: { connectionsPerSubscriber: 2 } });
    const open = async () => {
      const socket = connect(port, '127.0.0.1');
      socket.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
      const [data] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as unknown[];
      return { socket, served: Buffer.isBuffer(data) };
    };
    const [one, two, three] = [await open(), await open(), await open()];
    assert.deepEqual([one.served, two.served, three.served], [true, true, false]);
    one.socket.destroy();
    await once(one.socket, 'close');
    // The server hears of it a moment later.
    let again = await open();
    while (!again.served) again = await open();
    for (const { socket } of [two, again]) socket.destroy();
  });

  test('a trusted proxy may have any number; those behind it are counted by the PROXY protocol', async (t) => {
    const limits = { connectionsPerSubscriber: 1 };
    const { port } = await start(t, { limits, trustedProxies: ['127.0.0.1/32'] });
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    for (const socket of sockets) {
      socket.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(socket, 'data');
    }
    for (const socket of sockets) socket.destroy();

    const { port: behind } = await start(t, { limits, ...TRUSTED });
    const first = connect(behind, '127.0.0.1');
    first.write(`${V1}GET /x HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(first, 'data');
    const request = `GET /y HTTP/1.1\r\n${CLOSE}\r\n`;
    assert.equal(await exchange(behind, V1 + request), '');
    assert.match(await exchange(behind, V1.replace('113.9', '113.8') + request), /203\.0\.113\.8 \/y/);
    first.destroy();
  });
});

async function selfSigned(): Promise<{ cert: string; key: string }> {
  const validity = { notBefore: Date.now() - 1000, notAfter: Date.now() + 3_600_000 };
  const issuer = await createRoot({ ...validity, commonName: 'test' });
  const key = await generateKey('P-256');
  const publicKey = createPublicKey(parsePrivateKey(key));
  return { cert: await issueCertificate({ ...validity, issuer, publicKey, names: ['x.example'] }), key };
}
