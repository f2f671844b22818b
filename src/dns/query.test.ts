import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { decodeMessage, encodeMessage, FLAG, type Message } from './message.ts';
import { type NameServer, query, type QueryOptions, type Reply } from './query.ts';
import { TcpFrames, tcpFrame } from './tcp-frames.ts';

type Say = (message: Partial<Message> | Uint8Array) => void;

function replyTo(message: Message, more: Partial<Message> | Uint8Array): Uint8Array {
  return more instanceof Uint8Array ? more : encodeMessage({ ...message, flags: FLAG.QR | FLAG.AA, ...more });
}

/** A server that does as it is told with each query. `asked` holds what it was asked. */
async function scripted(
  udp: (asked: Message, say: Say, from: RemoteInfo) => void,
  tcp?: (asked: Message, say: Say) => void,
) {
  const asked: { message: Message; port: number }[] = [];
  const stream = createServer((socket) => {
    const frames = new TcpFrames(65_535);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const bytes of frames.push(Buffer.from(chunk))) {
        const message = decodeMessage(bytes);
        if (tcp === undefined) socket.destroy();
        else tcp(message, (more) => socket.write(tcpFrame(replyTo(message, more))));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(stream, 'listening');
  const { port = 0 } = stream.address() as { port?: number };
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const message = decodeMessage(bytes);
    asked.push({ message, port: from.port });
    udp(message, (more) => socket.send(replyTo(message, more), from.port, from.address), from);
  });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  const server: NameServer = { address: '127.0.0.1', port };
  return {
    asked,
    server,
    stop: async () => {
      socket.close();
      stream.close();
      await Promise.all([once(socket, 'close'), once(stream, 'close')]);
    },
  };
}

const QUESTION = { name: 'a.example', type: 'A' as const };
const A = { type: 'A' as const, name: 'a.example', ttl: 5, address: '192.0.2.1' };
const signal = AbortSignal.timeout(60_000);
const unasked = (): void => assert.fail('asked over UDP');

async function against(
  udp: (asked: Message, say: Say, from: RemoteInfo) => void,
  options: Partial<QueryOptions> = {},
  tcp?: (asked: Message, say: Say) => void,
): Promise<{ reply: Reply; asked: { message: Message; port: number }[] }> {
  const { asked, server, stop } = await scripted(udp, tcp);
  try {
    return { reply: await query(QUESTION, server, { signal, timeout: 2000, ...options }), asked };
  } finally {
    await stop();
  }
}

describe('the query client', () => {
  test('gives back all of an answer', async () => {
    const { reply } = await against((_asked, say) =>
      say({ answers: [A], authority: [A], additional: [A], flags: FLAG.QR | FLAG.AA | FLAG.RA }),
    );
    assert.deepEqual(reply, {
      rcode: 'NOERROR',
      authoritative: true,
      recursionAvailable: true,
      answers: [A],
      authority: [A],
      additional: [A],
    });
  });

  test('NXDOMAIN, SERVFAIL, REFUSED and the unheard-of are answers', async () => {
    for (const rcode of ['NXDOMAIN', 'SERVFAIL', 'REFUSED', 'RCODE11', 'BADVERS'] as const) {
      assert.equal((await against((_asked, say) => say({ rcode }))).reply.rcode, rcode);
    }
  });

  test('asks with EDNS 1232, RD and CD as told, and from a port and with an id of its own each time', async () => {
    const { server, asked, stop } = await scripted((_asked, say) => say({}));
    for (let turn = 0; turn < 20; turn++)
      await query(QUESTION, server, { signal, recursionDesired: turn % 2 === 0, checkingDisabled: turn % 2 === 1 });
    await stop();
    assert.ok(asked.every(({ message }) => message.edns?.udpSize === 1232));
    assert.deepEqual(
      asked.slice(0, 2).map(({ message }) => message.flags),
      [FLAG.RD, FLAG.CD],
    );
    assert.ok(new Set(asked.map(({ message }) => message.id)).size > 15);
    assert.ok(new Set(asked.map(({ port }) => port)).size > 15);
  });

  test('RFC 5452 9: what does not answer the question is ignored, whatever it says', async () => {
    const { reply } = await against((asked, say) => {
      const wrong = { ...A, address: '192.0.2.66' };
      say({ id: (asked.id + 1) % 0x10000, answers: [wrong] });
      say({ questions: [{ name: 'b.example', type: 'A', class: 1 }], answers: [wrong] });
      say({ questions: [{ name: 'a.example', type: 'TXT', class: 1 }], answers: [wrong] });
      say({ questions: [{ name: 'a.example', type: 'A', class: 3 }], answers: [wrong] });
      say({ flags: 0, answers: [wrong] });
      say(Uint8Array.of(1, 2, 3));
      say({ answers: [A] });
    });
    assert.deepEqual(reply.answers, [A]);
  });

  test('a packet from elsewhere does not come through', async () => {
    const stranger = createSocket('udp4');
    const { reply } = await against((asked, say, from) => {
      const forged = encodeMessage({ ...asked, flags: FLAG.QR, answers: [{ ...A, address: '192.0.2.66' }] });
      stranger.send(forged, from.port, from.address, () => say({ answers: [A] }));
    });
    stranger.close();
    assert.deepEqual(reply.answers, [A]);
  });

  test('the question may come back in another case', async () => {
    const { reply } = await against((_asked, say) =>
      say({ questions: [{ name: 'A.Example', type: 'A', class: 1 }], answers: [A] }),
    );
    assert.deepEqual(reply.answers, [{ ...A, name: 'A.Example' }]);
  });

  test('RFC 1035 4.2.1: truncated, it asks again over TCP', async () => {
    const { reply } = await against(
      (_asked, say) => say({ flags: FLAG.QR | FLAG.TC }),
      {},
      (_asked, say) => say({ answers: [A, A] }),
    );
    assert.equal(reply.answers.length, 2);
  });

  test('over TCP from the start, with an answer in pieces', async () => {
    const { reply, asked } = await against(unasked, { transport: 'tcp' }, (_asked, say) =>
      say({ answers: Array.from({ length: 3000 }, () => A) }),
    );
    assert.equal(reply.answers.length, 3000);
    assert.equal(asked.length, 0);
  });

  test('RFC 6891 7: a server that knows no EDNS is asked without', async () => {
    const { reply, asked } = await against((message, say) =>
      message.edns === undefined ? say({ answers: [A] }) : say({ rcode: 'FORMERR', edns: undefined }),
    );
    assert.deepEqual(reply.answers, [A]);
    assert.equal(asked.length, 2);
  });

  test('a lost packet is sent again', async () => {
    let turn = 0;
    const { reply } = await against((_asked, say) => (++turn === 2 ? say({ answers: [A] }) : undefined), {
      timeout: 600,
    });
    assert.deepEqual(reply.answers, [A]);
  });

  test('an error without the question is an answer; any other is not', async () => {
    assert.equal((await against((_asked, say) => say({ questions: [], rcode: 'REFUSED' }))).reply.rcode, 'REFUSED');
    await assert.rejects(
      against((_asked, say) => say({ questions: [] })),
      { code: 'dns-malformed' },
    );
  });

  const backoff = { kind: 'backoff' };
  test('no answer is dns-timeout, within the time given', async () => {
    const started = performance.now();
    const failed = against(() => {}, { timeout: 200 });
    await assert.rejects(failed, {
      code: 'dns-timeout',
      retry: backoff,
      message: /query for A of a\.example to 127\.0\.0\.1:\d+ got no answer within 200 ms/,
    });
    assert.ok(performance.now() - started < 1500);
    await assert.rejects(
      against(unasked, { timeout: 200, transport: 'tcp' }, () => {}),
      { code: 'dns-timeout' },
    );
  });

  test('nobody there is dns-unreachable, at once', async () => {
    const { server, stop } = await scripted(() => {});
    await stop();
    for (const transport of ['udp', 'tcp'] as const) {
      await assert.rejects(query(QUESTION, server, { signal, timeout: 30_000, transport }), {
        code: 'dns-unreachable',
        retry: backoff,
      });
    }
  });

  test('a connection closed without an answer is dns-unreachable', async () => {
    await assert.rejects(against(unasked, { transport: 'tcp' }), { code: 'dns-unreachable' });
  });

  test('an answer that is none is dns-malformed', async () => {
    await assert.rejects(
      against((asked, say) => say(Uint8Array.of(asked.id >>> 8, asked.id, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0xc0))),
      { code: 'dns-malformed', retry: backoff, message: /to 127\.0\.0\.1:\d+: .*malformed/ },
    );
  });

  test('the caller can give up', async () => {
    for (const transport of ['udp', 'tcp'] as const) {
      const controller = new AbortController();
      const reason = new Error('enough');
      const failed = against(
        () => controller.abort(reason),
        { signal: controller.signal, transport },
        () => controller.abort(reason),
      );
      await assert.rejects(failed, reason);
    }
    const over = AbortSignal.abort(new Error('before it began'));
    await assert.rejects(query(QUESTION, { address: '127.0.0.1', port: 1 }, { signal: over }), /before it began/);
  });

  test('a name that is none is refused', async () => {
    await assert.rejects(query({ name: 'a..b', type: 'A' }, { address: '127.0.0.1', port: 1 }, { signal }), {
      code: 'invalid-record',
    });
  });
});
