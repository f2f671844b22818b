import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectProblem, useRehearsalCa } from './testing/running-ca.ts';
import { createSigner } from './testing/strict-client.ts';

const run = useRehearsalCa();

describe('new orders (section 7.4)', () => {
  const many = Array.from({ length: 101 }, (_, index) => `h${index}.example.org`);
  const table: [string, string, Record<string, unknown> | undefined][] = [
    ['POST-as-GET', 'malformed', undefined],
    ['no identifiers', 'malformed', {}],
    ['an empty list', 'malformed', dns()],
    ['101 names', 'malformed', dns(...many)],
    ['an identifier without type', 'malformed', { identifiers: [{ value: 'example.org' }] }],
    ['an address', 'unsupportedIdentifier', { identifiers: [{ type: 'ip', value: '192.0.2.1' }] }],
    ['an address as a name', 'rejectedIdentifier', dns('192.0.2.1')],
    ['one label', 'rejectedIdentifier', dns('localhost')],
    ['capital letters', 'rejectedIdentifier', dns('Example.org')],
    ['a dot at the end', 'rejectedIdentifier', dns('example.org.')],
    ['a name in U-labels', 'rejectedIdentifier', dns('bücher.example')],
    ['two wildcards', 'rejectedIdentifier', dns('*.*.example.org')],
    ['a wildcard inside', 'rejectedIdentifier', dns('www.*.example.org')],
    ['an underscore', 'rejectedIdentifier', dns('_x.example.org')],
    ['a label of 64', 'rejectedIdentifier', dns(`${'a'.repeat(64)}.example.org`)],
    ['a name twice', 'malformed', dns('example.org', 'example.org')],
    ['a name under its wildcard', 'malformed', dns('*.example.org', 'www.example.org')],
    ['notAfter', 'malformed', { ...dns('example.org'), notAfter: '2030-01-01T00:00:00Z' }],
    ['an unknown profile', 'invalidProfile', { ...dns('example.org'), profile: 'x' }],
    ['an unknown certificate to replace', 'malformed', { ...dns('example.org'), replaces: 'a.b' }],
  ];
  for (const [what, type, payload] of table) {
    test(`${what}: ${type}`, async () => expectProblem(await run.account.post('/new-order', payload), 400, type));
  }

  test('every name that is not taken is told, with its identifier', async () => {
    const { json } = await run.account.post('/new-order', dns('good.example', 'bad', '*.*.bad'));
    const subproblems = json['subproblems'] as { identifier: { value: string }; status?: number }[];
    assert.deepEqual(
      subproblems.map((subproblem) => subproblem.identifier.value),
      ['bad', '*.*.bad'],
    );
    assert.ok(subproblems.every((subproblem) => subproblem.status === undefined));
  });

  test('an order of another account is not to be seen', async () => {
    const order = await run.account.order(['example.org']);
    const other = await run.client.register(await createSigner('ES256'));
    for (const url of [order.url, order.finalize, ...order.authorizations]) {
      expectProblem(await other.post(url, url === order.finalize ? {} : undefined), 404, 'malformed');
    }
    assert.equal((await run.account.post(order.url, {})).status, 400);
  });

  test('the list of orders comes in pages', async () => {
    const account = await run.client.register(await createSigner('ES256'));
    const orders = await Promise.all([1, 2, 3, 4].map((number) => account.order([`n${number}.example.org`])));
    const first = await account.get(`${account.url}/orders`);
    const next = /<([^>]*)>;rel="next"/.exec(String(first.headers['link']))?.[1] ?? '';
    const second = await account.get(next);
    const listed = [...(first.json['orders'] as string[]), ...(second.json['orders'] as string[])];
    assert.deepEqual(listed.toSorted(), orders.map((order) => order.url).toSorted());
    assert.equal((first.json['orders'] as string[]).length, 3);
    assert.doesNotMatch(String(second.headers['link']), /next/);
    expectProblem(await run.account.get(`${account.url}/orders`), 403, 'unauthorized');
  });
});

describe('authorizations and challenges (sections 7.5 and 7.5.2)', () => {
  test('a challenge takes exactly {}', async () => {
    const order = await run.account.order(['strict.example.org']);
    const [challenge] = await run.account.challenges(order);
    for (const payload of [{ keyAuthorization: 'x' }, { resource: 'challenge' }]) {
      expectProblem(await run.account.post(String(challenge?.url), payload), 400, 'malformed');
    }
    assert.equal((await run.account.get(String(challenge?.url))).json['status'], 'pending');
  });

  test('a challenge without a token is offered, and refused when chosen', async () => {
    const order = await run.account.order(['strict.example.org']);
    const { json } = await run.account.get(String(order.authorizations[0]));
    const challenges = json['challenges'] as Record<string, unknown>[];
    const tokenless = challenges.find((challenge) => challenge['token'] === undefined);
    assert.equal(tokenless?.['type'], 'dns-persist-01');
    expectProblem(await run.account.post(String(tokenless['url']), {}), 400, 'malformed');
  });

  test('a wildcard has the name without * and says so', async () => {
    const order = await run.account.order(['*.wild.example']);
    const { json } = await run.account.get(String(order.authorizations[0]));
    assert.deepEqual([json['identifier'], json['wildcard']], [{ type: 'dns', value: 'wild.example' }, true]);
  });

  test('a deactivated authorization ends its order', async () => {
    const order = await run.account.order(['strict.example.org']);
    const url = String(order.authorizations[0]);
    expectProblem(await run.account.post(url, { status: 'valid' }), 400, 'malformed');
    assert.equal((await run.account.post(url, { status: 'deactivated' })).json['status'], 'deactivated');
    assert.equal((await run.account.get(order.url)).json['status'], 'invalid');
  });

  test('a challenge that failed is not tried again', async () => {
    const order = await run.account.order(['not-there.example.org']);
    const [challenge] = await run.account.challenges(order);
    await run.account.post(String(challenge?.url), {});
    await run.account.settled(String(challenge?.url), ['pending', 'processing']);
    expectProblem(await run.account.post(String(challenge?.url), {}), 400, 'malformed');
  });
});

function dns(...values: string[]): Record<string, unknown> {
  return { identifiers: values.map((value) => ({ type: 'dns', value })) };
}
