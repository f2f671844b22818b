import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { basename } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { challengeZone, exampleNames, name, OTHER_VALUE, userZone, VALUE } from './example-zones.fixture.ts';
import type { Listener } from './listener.ts';
import { query, type Reply } from './query.ts';
import { type QueryType, txtValue } from './record.ts';
import { type DnsServer, type DnsServerOptions, startDnsServer } from './server.ts';

const LOOPBACK: Listener[] = ['127.0.0.1', '::1'].flatMap((address) => [
  { address, port: 0, transport: 'udp' },
  { address, port: 0, transport: 'tcp' },
]);
const UDP: Listener[] = [{ address: '127.0.0.1', port: 0, transport: 'udp' }];

const signal = AbortSignal.timeout(60_000);
const start = (options: Partial<DnsServerOptions>): Promise<DnsServer> =>
  startDnsServer({
    listeners: UDP,
    zones: [challengeZone],
    names: exampleNames(),
    workers: 0,
    onFault: (error) => assert.fail(String(error)),
    ...options,
  });

async function ask(server: DnsServer, question: string, type: QueryType = 'TXT', at = 0): Promise<Reply> {
  const listener = server.addresses[at];
  assert.ok(listener);
  return query({ name: question, type }, listener, { signal, transport: listener.transport });
}

const values = (reply: Reply): string[] =>
  reply.answers.map((record) => (record.type === 'TXT' ? txtValue(record) : record.type));

for (const workers of [0, 2]) {
  describe(`a server with ${workers} workers`, () => {
    test('answers on every address, IPv4 and IPv6, UDP and TCP, with one port number for each address', async () => {
      const server = await start({ listeners: LOOPBACK, workers });
      const [udp4, tcp4, udp6, tcp6] = server.addresses.map(({ port }) => port);
      assert.ok(udp4 !== undefined && udp4 > 0 && udp4 === tcp4);
      assert.ok(udp6 !== undefined && udp6 > 0 && udp6 === tcp6);
      for (const at of LOOPBACK.keys())
        assert.deepEqual(values(await ask(server, 'live.auth.example.net', 'TXT', at)), [VALUE, OTHER_VALUE]);
      assert.deepEqual([server.counters().queries, server.counters().overTcp], [4, 2]);
      await server.stop();
      await assert.rejects(ask(server, 'live.auth.example.net'), { code: 'dns-unreachable' });
    });

    test('a name that was set is in the very next answer, and one deleted in none', async () => {
      const names = exampleNames();
      const server = await start({ names, workers });
      for (let turn = 0; turn < 50; turn++) {
        names.set(name('next.auth.example.net'), [`value ${turn}`]);
        // Each query comes from another port, so the kernel deals them out to all workers.
        assert.deepEqual(values(await ask(server, 'next.auth.example.net')), [`value ${turn}`]);
        names.delete(name('next.auth.example.net'));
        assert.equal((await ask(server, 'next.auth.example.net')).rcode, 'NXDOMAIN');
      }
      await server.stop();
    });

    test('new zones answer as soon as they were put in, and wrong ones never', async () => {
      const server = await start({ workers });
      assert.equal((await ask(server, 'ns1.example.org', 'A')).rcode, 'REFUSED');
      await server.replaceZones([challengeZone, userZone]);
      for (let turn = 0; turn < 10; turn++) assert.equal((await ask(server, 'ns1.example.org', 'A')).rcode, 'NOERROR');
      const twice = server.replaceZones([userZone, userZone]);
      await assert.rejects(twice, { code: 'invalid-zone', message: /twice/ });
      await server.replaceZones([{ ...challengeZone, known: false }]);
      assert.equal((await ask(server, 'live.auth.example.net')).rcode, 'SERVFAIL');
      await server.stop();
    });

    test('tells who asked for a watched name', async () => {
      const names = exampleNames();
      names.watch(name('live.auth.example.net'), true);
      const asked = Promise.withResolvers<{ name: string; from: string }>();
      const server = await start({ names, workers, onAsked: asked.resolve });
      await ask(server, 'one.auth.example.net');
      await ask(server, 'live.auth.example.net');
      assert.deepEqual(await asked.promise, { name: 'live.auth.example.net', from: '127.0.0.1' });
      await server.stop();
    });

    test('a port that another program has, even one that would share it, is an error that names it', async () => {
      for (const listener of [
        { address: '127.0.0.1', transport: 'udp' as const },
        { address: '127.0.0.1', transport: 'tcp' as const },
      ]) {
        const holder = await hold(listener.transport);
        const failed = start({ listeners: [{ ...listener, port: holder.port }], workers });
        const message = new RegExp(
          `${basename(process.execPath)} \\(process ${process.pid}\\) has that port; stop it, or use another`,
        );
        await assert.rejects(failed, { code: 'port-in-use', message });
        await holder.release();
      }
    });

    test('when one of several listeners cannot be opened, none stays open', async () => {
      const holder = await hold('udp');
      const free = await hold('udp');
      await free.release();
      const listeners = [free.port, holder.port].map((port) => ({
        address: '127.0.0.1',
        port,
        transport: 'udp' as const,
      }));
      await assert.rejects(start({ listeners, workers }), { code: 'port-in-use' });
      const again = await start({ listeners: listeners.slice(0, 1), workers });
      await again.stop();
      await holder.release();
    });

    test('stops when its signal says so', async () => {
      const controller = new AbortController();
      const server = await start({ workers, signal: controller.signal });
      controller.abort();
      await server.stop();
      await assert.rejects(ask(server, 'live.auth.example.net'), { code: 'dns-unreachable' });
      await assert.rejects(start({ signal: controller.signal }), { name: 'AbortError' });
    });
  });
}

describe('a worker that dies', () => {
  /** A server whose only worker has just died. Until the next one listens, nobody has its port. */
  async function withoutItsWorker(): Promise<{ server: DnsServer; faults: string[]; port: number }> {
    const worker = Promise.withResolvers<Worker>();
    process.once('worker', worker.resolve);
    const died = Promise.withResolvers<void>();
    const faults: string[] = [];
    const onFault = (error: unknown): void => {
      faults.push(String(error));
      died.resolve();
    };
    const server = await start({ workers: 1, onFault });
    await ask(server, 'live.auth.example.net');
    await (await worker.promise).terminate();
    await died.promise;
    return { server, faults, port: server.addresses[0]?.port ?? 0 };
  }

  /** Asks until it is answered. From a port of its own each time, which must not be the one that the server waits for. */
  async function answered(server: DnsServer, given: AbortSignal): Promise<Reply> {
    for (;;) {
      given.throwIfAborted();
      const reply = await ask(server, 'live.auth.example.net').catch(() => undefined);
      if (reply !== undefined) return reply;
      await nextTurn(20);
    }
  }

  test('is replaced, and what was counted stays', { timeout: 20_000 }, async (t) => {
    const { server, faults } = await withoutItsWorker();
    t.after(() => server.stop());
    assert.match(faults.join(), /worker thread has ended/);
    assert.deepEqual(values(await answered(server, t.signal)), [VALUE, OTHER_VALUE]);
    assert.equal(server.counters().queries, 2);
  });

  test('is replaced later, when somebody else has the port for a moment', { timeout: 20_000 }, async (t) => {
    const { server, faults, port } = await withoutItsWorker();
    t.after(() => server.stop());
    const thief = createSocket('udp4').bind(port, '127.0.0.1');
    await once(thief, 'listening');
    while (faults.length < 2) {
      t.signal.throwIfAborted();
      await nextTurn(20);
    }
    thief.close();
    await once(thief, 'close');
    assert.match(faults.join(), /has that port/);
    assert.deepEqual(values(await answered(server, t.signal)), [VALUE, OTHER_VALUE]);
  });
});

/** A port in use, by somebody who would share it. */
async function hold(transport: 'udp' | 'tcp'): Promise<{ port: number; release: () => Promise<void> }> {
  if (transport === 'udp') {
    const socket: Socket = createSocket({ type: 'udp4', reusePort: true });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return {
      port: socket.address().port,
      release: async () => {
        socket.close();
        await once(socket, 'close');
      },
    };
  }
  const server = createServer().listen({ port: 0, host: '127.0.0.1', reusePort: true });
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    release: () => server[Symbol.asyncDispose](),
  };
}

describe('what a server refuses', () => {
  const WRONG: { what: string; options: Partial<DnsServerOptions>; error: { code: string; message: RegExp } }[] = [
    {
      what: 'a host name to listen on',
      options: { listeners: [{ address: 'localhost', port: 53, transport: 'udp' }] },
      error: { code: 'invalid-listener', message: /give an IP address/ },
    },
    {
      what: 'a port that is none',
      options: { listeners: [{ address: '127.0.0.1', port: 65_536, transport: 'udp' }] },
      error: { code: 'invalid-listener', message: /port 65536/ },
    },
    {
      what: 'an address of another machine',
      options: { listeners: [{ address: '192.0.2.1', port: 0, transport: 'udp' }] },
      error: { code: 'invalid-listener', message: /does not have that address/ },
    },
    {
      what: 'a record of another zone',
      options: {
        zones: [{ ...challengeZone, records: [{ type: 'A', name: 'www.example.com', ttl: 1, address: '192.0.2.1' }] }],
      },
      error: { code: 'invalid-zone', message: /auth\.example\.net cannot have the A record of www\.example\.com/ },
    },
    {
      what: 'a CNAME beside other records',
      options: {
        zones: [
          {
            ...challengeZone,
            records: [
              { type: 'A', name: 'x.auth.example.net', ttl: 1, address: '192.0.2.1' },
              { type: 'CNAME', name: 'x.auth.example.net', ttl: 1, target: 'y.example' },
            ],
          },
        ],
      },
      error: { code: 'invalid-zone', message: /x\.auth\.example\.net has a CNAME and other records/ },
    },
    {
      what: 'a name below a DNAME',
      options: {
        zones: [
          {
            ...challengeZone,
            records: [
              { type: 'DNAME', name: 'x.auth.example.net', ttl: 1, target: 'y.example' },
              { type: 'A', name: 'a.x.auth.example.net', ttl: 1, address: '192.0.2.1' },
            ],
          },
        ],
      },
      error: { code: 'invalid-zone', message: /x\.auth\.example\.net has a DNAME, which leaves no room for a\.x/ },
    },
    {
      what: 'two DNAMEs at one name',
      options: {
        zones: [
          {
            ...challengeZone,
            records: ['y.example', 'z.example'].map((target) => {
              return { type: 'DNAME', name: 'x.auth.example.net', ttl: 1, target } as const;
            }),
          },
        ],
      },
      error: { code: 'invalid-zone', message: /has two DNAME records/ },
    },
    {
      what: 'an address that is none',
      options: {
        zones: [{ ...challengeZone, records: [{ type: 'A', name: 'x.auth.example.net', ttl: 1, address: '192.0.2' }] }],
      },
      error: { code: 'invalid-record', message: /not an IPv4 address/ },
    },
  ];
  for (const { what, options, error } of WRONG) test(what, () => assert.rejects(start(options), error));
});

describe('listening on all addresses', () => {
  test('0.0.0.0 and :: go side by side, and :: alone takes both', async () => {
    const first = await start({ listeners: UDP });
    const port = first.addresses[0]?.port ?? 0;
    await first.stop();
    const both = await start({
      listeners: ['0.0.0.0', '::'].map((address) => ({ address, port, transport: 'udp' as const })),
    });
    assert.deepEqual(values(await ask(both, 'one.auth.example.net', 'TXT', 0)), [VALUE]);
    await both.stop();
    const all = await start({ listeners: [{ address: '::', port, transport: 'udp' }] });
    const reply = await query(
      { name: 'one.auth.example.net', type: 'TXT' },
      { address: '127.0.0.1', port },
      { signal },
    );
    assert.deepEqual(values(reply), [VALUE]);
    await all.stop();
  });
});
