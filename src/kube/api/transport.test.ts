import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '../../core/clock.ts';
import type { Credentials } from './kube-config.ts';
import { createTransport } from './transport.ts';
import type { HttpCall, Transport } from './transport.ts';

const never = new AbortController().signal;
const get: HttpCall = { method: 'GET', path: '/api/v1/x?limit=1', what: 'get x' };
const post: HttpCall = { method: 'POST', path: '/api/v1/x', body: '{}', what: 'create x' };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that answers each request by the next of these, and what it was asked. */
async function start(
  t: TestContext,
  answers: readonly Answer[],
  more: { timeout?: number; credentials?: () => Promise<Credentials> } = {},
) {
  const left = [...answers];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
    const answer = left.shift();
    assert.ok(answer !== undefined, `an unexpected request: ${asked.join(', ')}`);
    request.resume();
    request.on('end', () => answer(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { credentials = () => Promise.resolve({ token: 'T' }), timeout = 5000 } = more;
  const config = { server: `${origin}/prefix`, skipTlsVerify: false, credentials };
  const transport: Transport = createTransport({ config, clock: systemClock, userAgent: 'test', timeout });
  t.after(async () => {
    await transport.close();
    server.closeAllConnections();
    server.close();
  });
  return { transport, asked };
}

const ok: Answer = (_, response) => response.end('{"ok":true}');
const cut: Answer = (request) => request.socket.destroy();
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(code, headers).end('{"kind":"Status","message":"said so"}');

describe('createTransport', { timeout: 20_000 }, () => {
  const rows: readonly (readonly [what: string, call: HttpCall, answers: readonly Answer[], outcome: RegExp])[] = [
    ['an answer', get, [ok], /^{"ok":true}$/],
    ['a read that was cut off is sent again', get, [cut, ok], /ok/],
    ['a write that was cut off may have been acted on', post, [cut], /kube-unavailable .*it cut the connection/],
    [
      'too many requests, as the server says when',
      post,
      [status(429, { 'retry-after': '0' }), status(503, { 'retry-after': '0' }), ok],
      /ok/,
    ],
    ['trouble without Retry-After is for the caller to judge', post, [status(500)], /kube-unavailable .*said so/],
    [
      'a pause that is longer than anybody waits',
      get,
      [status(429, { 'retry-after': '60' })],
      /kube-unavailable .*said so/,
    ],
    ['a refusal', post, [status(422)], /kube-invalid .*said so/],
    ['no hope after five times', get, [cut, cut, cut, cut, cut], /kube-unavailable .*it cut the connection/],
  ];
  for (const [what, call, answers, outcome] of rows) {
    test(what, async (t) => {
      const { transport, asked } = await start(t, answers);
      const result = await transport
        .send(call, never)
        .catch((error: Error & { code?: string }) => `${error.code} ${error.message}`);
      assert.match(result, outcome);
      assert.deepEqual(
        asked,
        answers.map(() => `${call.method} /prefix${call.path} Bearer T`),
      );
    });
  }

  test('connections are used again, after calls of every method', async (t) => {
    const ports = new Set<number | undefined>();
    const note: Answer = (request, response) => {
      ports.add(request.socket.remotePort);
      ok(request, response);
    };
    const calls = (['GET', 'POST', 'DELETE', 'PATCH', 'DELETE', 'PUT'] as const).map((method): HttpCall => ({
      method,
      path: '/x',
      what: method,
      ...(method === 'GET' ? {} : { body: '{}' }),
    }));
    const { transport } = await start(
      t,
      calls.map(() => note),
    );
    for (const call of calls) await transport.send(call, never);
    // The pool takes a second one when a call follows at the heels of another.
    assert.ok(ports.size <= 2, String(ports.size));
  });

  test('Retry-After stays with the error', async (t) => {
    const { transport } = await start(t, [status(429, { 'retry-after': '60' })]);
    const before = Date.now();
    await assert.rejects(transport.send(get, never), ({ retry }: { retry: { kind: string; at: number } }) => {
      assert.equal(retry.kind, 'after');
      assert.ok(retry.at >= before + 60_000 && retry.at <= Date.now() + 60_000);
      return true;
    });
  });

  test('a token is not read for each call, and anew when it is refused', async (t) => {
    let reads = 0;
    const credentials = (): Promise<Credentials> => {
      reads += 1;
      return Promise.resolve({ token: `T${reads}` });
    };
    const { transport, asked } = await start(t, [ok, ok, status(401), ok, status(401), status(401)], { credentials });
    for (let index = 0; index < 3; index += 1) await transport.send(post, never);
    await assert.rejects(transport.send(post, never), { code: 'kube-forbidden' });
    assert.deepEqual(
      asked.map((line) => line.split(' ').at(-1)),
      ['T1', 'T1', 'T1', 'T2', 'T2', 'T3'],
    );
  });

  test('files that are gone for a moment are no matter while what we have is good', async (t) => {
    let reads = 0;
    const credentials = (): Promise<Credentials> => {
      reads += 1;
      return reads === 1
        ? Promise.resolve({ token: 'T' })
        : Promise.reject(Object.assign(new Error('ENOENT'), { code: 'invalid-kubeconfig' }));
    };
    const { transport } = await start(t, [ok, status(401)], { credentials });
    await transport.send(get, never);
    await assert.rejects(transport.send(get, never), { code: 'invalid-kubeconfig' });
  });

  test('who does not answer in time', async (t) => {
    const { transport } = await start(t, [() => {}], { timeout: 50 });
    await assert.rejects(transport.send(post, never), {
      code: 'kube-unavailable',
      message: /it does not answer in time/,
    });
  });

  test('a stream comes as it is sent, and ends when nothing comes for too long', async (t) => {
    const { transport } = await start(t, [
      (_, response) => {
        response.write('one');
        setImmediate(() => response.write('two'));
      },
    ]);
    let text = '';
    const read = async (): Promise<void> => {
      for await (const chunk of transport.stream(get, 200, never)) text += Buffer.from(chunk).toString();
    };
    await assert.rejects(read(), { code: 'kube-unavailable', message: /stopped in the middle of an answer/ });
    assert.equal(text, 'onetwo');
  });

  test('nothing is sent when the signal has aborted', async (t) => {
    const { transport, asked } = await start(t, []);
    const over = AbortSignal.abort(new Error('enough'));
    await assert.rejects(transport.send(get, over), /enough/);
    await assert.rejects(async () => {
      for await (const _ of transport.stream(get, 1000, over)) assert.fail();
    }, /enough/);
    assert.deepEqual(asked, []);
  });
});
