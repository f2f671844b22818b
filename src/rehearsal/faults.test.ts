import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { DomainError } from '../core/error.ts';
import { certificateId } from '../pki/certificate-id.ts';
import { checkIssued, parseChain } from '../pki/chain.ts';
import { generateKey } from '../pki/key.ts';
import { createFaultPlan } from './faults.ts';
import type { ChainForm, Fault, FaultTiming } from './faults.ts';
import type { Problem } from './problem.ts';
import { problemType, useRehearsalCa } from './testing/running-ca.ts';
import { StrictClient } from './testing/strict-client.ts';

const run = useRehearsalCa();
let counter = 0;
const freshName = (): string => `fault-${counter++}.example.org`;

describe('when and how often', () => {
  const table: [string, readonly Fault[], string][] = [
    ['once, at the first', [header('a', { on: 'order' })], 'a - - -'],
    ['twice', [header('a', { on: 'order', times: 2 })], 'a a - -'],
    ['always', [header('a', { on: 'order', times: Infinity })], 'a a a a'],
    ['after two were spared', [header('a', { on: 'order', skip: 2 })], '- - a -'],
    ['at any request', [header('a', { on: 'any', skip: 1, times: 2 })], '- a a -'],
    ['at other requests', [header('a', { on: 'finalize' })], '- - - -'],
    ['one after the other', [header('a', { on: 'order' }), header('b', { on: 'order', skip: 1 })], 'a b - -'],
  ];
  for (const [what, script, expected] of table) {
    test(what, () => assert.equal(play(script), expected));
  }

  test('a request that asks twice is played the same fault, counted once', () => {
    const plan = createFaultPlan([header('a', { on: 'order' })]);
    const at = plan.at('order');
    assert.equal(at.get('header')?.value, at.get('header')?.value);
    assert.equal(plan.at('order').get('header'), undefined);
  });
});

describe('answers that go wrong', () => {
  const limited: Problem = { type: 'rateLimited', detail: 'too many new orders recently', status: 429 };

  for (const value of ['3', '86400', '-5', 'soon', new Date(0).toUTCString()]) {
    test(`429 with Retry-After ${value}, then all is well`, async () => {
      run.ca.inject({ on: 'newOrder', kind: 'problem', problem: limited, headers: { 'retry-after': value } });
      const identifiers = [{ type: 'dns', value: freshName() }];
      const answer = await run.account.post('/new-order', { identifiers });
      assert.deepEqual(
        [answer.status, problemType(answer.json), answer.headers['retry-after']],
        [429, 'rateLimited', value],
      );
      assert.ok(answer.headers['replay-nonce']);
      assert.equal((await run.account.post('/new-order', { identifiers })).status, 201);
    });
  }

  test('429 without Retry-After, of a paused account, with where to unpause', async () => {
    const headers = { link: '<https://unpause.example/x>;rel="help"' };
    run.ca.inject({
      on: 'newOrder',
      kind: 'problem',
      problem: { ...limited, detail: 'paused', instance: 'https://unpause.example/x' },
      headers,
    });
    const answer = await run.account.post('/new-order', {});
    assert.deepEqual(
      [answer.status, answer.headers['retry-after'], answer.json['instance']],
      [429, undefined, 'https://unpause.example/x'],
    );
    assert.match(String(answer.headers['link']), /unpause/);
  });

  test('503 from newNonce', async () => {
    run.ca.inject({
      on: 'newNonce',
      kind: 'problem',
      problem: { ...limited, status: 503 },
      headers: { 'retry-after': '1' },
    });
    assert.equal((await run.client.send('HEAD', '/new-nonce')).status, 503);
    assert.equal((await run.client.send('HEAD', '/new-nonce')).status, 200);
  });

  test('500 with a page in HTML, and 404 with nothing', async () => {
    run.ca.inject({ on: 'directory', kind: 'body', status: 500, contentType: 'text/html', body: '<h1>Oops</h1>' });
    run.ca.inject({ on: 'directory', skip: 1, kind: 'body', status: 404, contentType: '', body: '' });
    const page = await run.client.send('GET', '/directory');
    assert.deepEqual([page.status, page.headers['content-type'], page.text], [500, 'text/html', '<h1>Oops</h1>']);
    const empty = await run.client.send('GET', '/directory');
    assert.deepEqual([empty.status, empty.headers['content-type'], empty.text], [404, undefined, '']);
  });

  for (const [when, orders] of [
    ['before', 0],
    ['during', 1],
  ] as const) {
    test(`a connection cut ${when} the answer leaves ${orders} order`, async () => {
      const earlier = await countOrders();
      run.ca.inject({ on: 'newOrder', kind: 'reset', when });
      await assert.rejects(
        run.account.post('/new-order', { identifiers: [{ type: 'dns', value: freshName() }] }),
        /ECONNRESET|aborted|socket hang up/,
      );
      assert.equal(run.ca.requests.findLast((request) => request.kind === 'newOrder')?.status, 0);
      assert.equal((await countOrders()) - earlier, orders);
    });
  }

  test('silence lasts until the client gives up', async () => {
    run.ca.inject({ on: 'directory', kind: 'silence' });
    const client = new StrictClient(run.ca);
    const asked = client.send('GET', '/directory');
    // The request is in the log once the CA has decided to say nothing.
    while (run.ca.requests.at(-1)?.status !== 0) await setImmediate();
    client.close();
    await assert.rejects(asked);
  });

  test('stale nonces are refused, and the refusal brings a good one', async () => {
    const nonce = await run.client.nonce();
    run.ca.inject({ on: 'account', kind: 'stale-nonces' });
    const answer = await run.account.post(run.account.url, undefined, { header: { nonce } });
    assert.equal(problemType(answer.json), 'badNonce');
    const again = await run.account.post(run.account.url, undefined, {
      header: { nonce: answer.headers['replay-nonce'] },
    });
    assert.equal(again.status, 200);
  });
});

async function countOrders(): Promise<number> {
  let count = 0;
  for (let url = `${run.account.url}/orders`; url !== '';) {
    const page = await run.account.get(url);
    count += (page.json['orders'] as string[]).length;
    url = /<([^>]*)>;rel="next"/.exec(String(page.headers['link']))?.[1] ?? '';
  }
  return count;
}

describe('orders that go wrong', () => {
  test('finalize without Location', async () => {
    const { name, order } = await readyOrder();
    run.ca.inject({ on: 'finalize', kind: 'header', name: 'Location', value: undefined });
    const answer = await run.account.finalize(order, [name], await generateKey('P-256'));
    assert.deepEqual([answer.status, answer.headers.location], [200, undefined]);
    assert.equal((await run.account.settled(order.url, ['processing']))['status'], 'valid');
  });

  test('invalid after finalize, with a compound problem', async () => {
    const { name, order } = await readyOrder();
    const caa: Problem = {
      type: 'dns',
      detail: 'SERVFAIL looking up CAA',
      status: 400,
      identifier: { type: 'dns', value: name },
    };
    run.ca.inject({
      on: 'finalize',
      kind: 'order-invalid',
      error: { type: 'compound', detail: 'two faults', status: 403, subproblems: [caa, caa] },
    });
    assert.equal((await run.account.finalize(order, [name], await generateKey('P-256'))).json['status'], 'processing');
    const settled = await run.account.settled(order.url, ['processing']);
    const error = settled['error'] as { subproblems: Record<string, unknown>[] };
    assert.deepEqual([settled['status'], problemType(error as never)], ['invalid', 'compound']);
    assert.deepEqual(error.subproblems[1]?.['identifier'], caa.identifier);
    assert.equal(problemType(error.subproblems[1] ?? {}), 'dns');
  });

  test('processing for ever', async () => {
    const { name, order } = await readyOrder();
    run.ca.inject({ on: 'finalize', kind: 'order-stuck' });
    await run.account.finalize(order, [name], await generateKey('P-256'));
    for (let looks = 0; looks < 20; looks++)
      assert.equal((await run.account.get(order.url)).json['status'], 'processing');
  });

  test('expired between ready and finalize', async () => {
    const { name, order } = await readyOrder();
    run.ca.inject({ on: 'finalize', kind: 'order-expired' });
    assert.equal(
      problemType((await run.account.finalize(order, [name], await generateKey('P-256'))).json),
      'orderNotReady',
    );
    assert.equal((await run.account.get(order.url)).json['status'], 'invalid');
  });

  for (const status of ['deactivated', 'revoked', 'expired'] as const) {
    test(`an authorization that is ${status} ends its order`, async () => {
      const order = await run.account.order([freshName()]);
      run.ca.inject({ on: 'authorization', kind: 'authorization-status', status });
      assert.equal((await run.account.get(String(order.authorizations[0]))).json['status'], status);
      assert.equal((await run.account.get(order.url)).json['status'], 'invalid');
    });
  }

  test('challenges that nobody has seen before', async () => {
    const order = await run.account.order([freshName()]);
    const challenges = [{ type: 'moon-01' }, { type: 'dns-02', url: 7, status: 'pending', token: null }];
    run.ca.inject({ on: 'authorization', kind: 'extra-challenges', challenges });
    const { json } = await run.account.get(String(order.authorizations[0]));
    assert.deepEqual((json['challenges'] as unknown[]).slice(0, 2), challenges);
    assert.equal((json['challenges'] as unknown[]).length, 4);
  });
});

describe('certificates and windows that go wrong', () => {
  const table: Record<ChainForm, RegExp | undefined> = {
    'other-key': /another key/,
    'missing-name': /lacks/,
    'wrong-order': /wrong order/,
    'trailing-garbage': /other text after/,
    crlf: undefined,
    'ten-certificates': undefined,
    expired: /expired/,
  };
  for (const [form, refused] of Object.entries(table) as [ChainForm, RegExp | undefined][]) {
    test(`${form}: ${refused === undefined ? 'unusual, and good' : 'found out'}; the next download is right`, async () => {
      run.ca.inject({ on: 'certificate', kind: 'chain', form });
      const names = [freshName(), freshName()];
      const { certificateUrl, chain, privateKey } = await run.account.issue(names, run.present);
      const check = (text: string): void => checkIssued({ chain: text, privateKey, names, now: Date.now() });
      if (refused === undefined) check(chain);
      else
        assert.throws(
          () => check(chain),
          (error) => error instanceof DomainError && refused.test(error.message),
        );
      if (form === 'ten-certificates') assert.equal(parseChain(chain).length, 10);
      if (form === 'crlf') assert.match(chain, /\r\n/);
      check((await run.account.get(certificateUrl)).text);
    });
  }

  test('a window may be anything', async () => {
    const { chain } = await run.account.issue([freshName()], run.present);
    const [leaf] = parseChain(chain);
    assert.ok(leaf);
    const windows = [
      { start: '2030-01-02T00:00:00Z', end: '2030-01-01T00:00:00Z' },
      { start: '2030-01-01T00:00:00Z', end: '2030-01-01T00:00:00Z' },
      { start: 'tomorrow', end: '' },
    ];
    for (const window of windows) {
      run.ca.inject({ on: 'renewalInfo', kind: 'window', ...window });
      const { json } = await run.client.send('GET', `/renewal-info/${certificateId(leaf)}`);
      assert.deepEqual(json['suggestedWindow'], window);
    }
  });
});

/** What four requests to an order meet. */
function play(script: readonly Fault[]): string {
  const plan = createFaultPlan(script);
  return [1, 2, 3, 4].map(() => plan.at('order').get('header')?.value ?? '-').join(' ');
}

function header(value: string, timing: FaultTiming): Fault {
  return { kind: 'header', name: 'x', value, ...timing };
}

async function readyOrder(): Promise<{ order: Awaited<ReturnType<typeof run.account.order>>; name: string }> {
  const name = freshName();
  const order = await run.account.order([name]);
  await run.account.prove(order, run.present);
  return { order, name };
}
