import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as z from 'zod';
import { readOwnerBody, readRegisterBody } from './account-body.ts';
import { readHttpreqBody } from './httpreq-body.ts';
import { errorCodes } from './shapes.ts';
import { basic, emptyStorage, newApi, type Reply, VALUE } from './testing/api-under-test.ts';

interface Content {
  readonly 'application/json': { readonly schema: Parameters<typeof z.fromJSONSchema>[0] };
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly securitySchemes: Readonly<Record<string, { readonly type: string }>> };
}

/** Everything that can be switched on. */
function fullApi() {
  return newApi({
    rates: { failures: { count: 3, interval: 60_000 } },
    storage: emptyStorage(true),
  });
}

async function readDocument(api = fullApi()): Promise<Document> {
  const reply = await api.ask('GET', '/openapi.json');
  assert.deepEqual([reply.status, reply.headers['content-type']], [200, 'application/json']);
  return JSON.parse(reply.body) as Document;
}

const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

describe('the document', () => {
  test('has every route and no other', async () => {
    const api = fullApi();
    const served = api.app.routes.filter(({ method }) => method !== 'ALL');
    const routes = served.map(({ method, path }) => `${method} ${path.replaceAll(/:([a-z]+)/g, '{$1}')}`);
    const documented = operationsOf(await readDocument(api)).map(
      ({ path, method }) => `${method.toUpperCase()} ${path}`,
    );
    assert.ok(documented.length > 13, String(documented.length));
    assert.deepEqual(documented.toSorted(), [...new Set(routes)].toSorted());
  });

  test('and none that is switched off', async () => {
    const { paths } = await readDocument(newApi({ registration: { kind: 'closed' } }));
    assert.deepEqual(
      [paths['/register'], paths['/storage'], paths['/storage/{domain}']],
      [undefined, undefined, undefined],
    );
    assert.ok(paths['/update']);
  });

  test('is OpenAPI 3.1: parameters, security, responses and names are as they have to be', async () => {
    const document = await readDocument();
    assert.match(document.openapi, /^3\.1\.\d$/);
    const operations = operationsOf(document);
    const ids = operations.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters = (operation.parameters ?? []).map(({ name, in: where, required }) => ({
        name,
        where,
        required,
      }));
      assert.deepEqual(
        parameters,
        inPath.map((name) => ({ name, where: 'path', required: true })),
      );
      for (const requirement of operation.security) {
        for (const scheme of Object.keys(requirement)) {
          assert.ok(document.components.securitySchemes[scheme] !== undefined, scheme);
        }
      }
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        assert.match(status, /^[245]\d\d$/);
        assert.notEqual(description, '');
        if (content !== undefined) z.fromJSONSchema(content['application/json'].schema);
      }
      assert.ok(Object.keys(operation.responses).some((status) => status.startsWith('2')));
    }
    assert.doesNotMatch(JSON.stringify(document), /\$ref|\$schema/);
  });

  test('names every error, and its meaning', async () => {
    const text = JSON.stringify(await readDocument());
    for (const [code, meaning] of Object.entries(errorCodes)) {
      assert.ok(text.includes(code), code);
      assert.ok(text.includes(JSON.stringify(meaning).slice(1, -1)), meaning);
    }
  });
});

describe('what is answered is what the document says', () => {
  test('every operation, when it goes well and when it does not', async () => {
    const api = fullApi();
    const document = await readDocument(api);
    const check = (method: string, path: string, { status, body }: Reply): void => {
      const response = document.paths[path]?.[method.toLowerCase()]?.responses[status];
      assert.ok(response !== undefined, `${method} ${path} answers ${status}, which is not in the document: ${body}`);
      const schema = response.content?.['application/json'].schema;
      if (schema === undefined) assert.equal(body, '');
      else z.fromJSONSchema(schema).parse(JSON.parse(body));
    };
    const seen = new Set<string>();
    const account = await api.register();
    const { subdomain } = account;
    const byBasic = { headers: basic(account.username, account.password) };
    const alice = { headers: basic('alice', 'secret') };
    const kept = JSON.stringify({ ...account, server_url: 'https://auth.example.net' });
    const calls: [string, string, () => Promise<Reply>][] = [
      ['GET', '/health', () => api.ask('GET', '/health')],
      ['GET', '/openapi.json', () => api.ask('GET', '/openapi.json')],
      ['POST', '/register', () => api.ask('POST', '/register', { body: '{"allowfrom":["::/0"]}' })],
      ['POST', '/register', () => api.ask('POST', '/register', { body: '{' })],
      ['POST', '/update', () => api.own(account, '/update', { subdomain, txt: VALUE })],
      ['POST', '/update', () => api.own(account, '/update', { subdomain, txt: '' })],
      ['POST', '/update', () => api.own(account, '/update', '')],
      ['POST', '/clean', () => api.own(account, '/clean', { subdomain, txt: VALUE })],
      ['POST', '/change', () => api.own(account, '/change', { subdomain, allowfrom: [] })],
      ['POST', '/change', () => api.own(account, '/change', { subdomain, allowfrom: [''] })],
      [
        'POST',
        '/present',
        () => api.ask('POST', '/present', { ...byBasic, body: JSON.stringify({ fqdn: 'a.b.', value: VALUE }) }),
      ],
      [
        'POST',
        '/present',
        () =>
          api.ask('POST', '/present', { ...byBasic, body: JSON.stringify({ fqdn: 'auth.example.net', value: VALUE }) }),
      ],
      [
        'POST',
        '/cleanup',
        () => api.ask('POST', '/cleanup', { ...byBasic, body: JSON.stringify({ fqdn: 'a.b.', value: VALUE }) }),
      ],
      ['GET', '/storage', () => api.ask('GET', '/storage', alice)],
      ['GET', '/storage', () => api.ask('GET', '/storage')],
      ['GET', '/storage/{domain}', () => api.ask('GET', '/storage/a.b', alice)],
      ['POST', '/storage/{domain}', () => api.ask('POST', '/storage/a.b', { ...alice, body: kept })],
      ['POST', '/storage/{domain}', () => api.ask('POST', '/storage/a..b', { ...alice, body: kept })],
      ['DELETE', '/storage/{domain}', () => api.ask('DELETE', '/storage/a.b', alice)],
      ['POST', '/rotate', () => api.own(account, '/rotate', { subdomain })],
      ['POST', '/rotate', () => api.own(account, '/rotate', { subdomain })],
      ['POST', '/deregister', async () => api.own(await api.zone.register([]), '/deregister', '{}')],
      ['POST', '/deregister', async () => api.own(await api.zone.register([]), '/deregister', '{}')],
      [
        'POST',
        '/deregister',
        async () => {
          const other = await api.zone.register([]);
          return api.own(other, '/deregister', { subdomain: other.subdomain });
        },
      ],
    ];
    for (const [method, path, call] of calls) {
      check(method, path, await call());
      seen.add(`${method} ${path}`);
    }
    assert.deepEqual(
      [...seen].toSorted(),
      operationsOf(document)
        .map(({ path, method }) => `${method.toUpperCase()} ${path}`)
        .toSorted(),
    );
  });

  test('what the document says a request is, the readers take', async () => {
    const document = await readDocument();
    const takes = (path: string, body: object | null) => {
      const schema = document.paths[path]?.['post']?.requestBody?.content['application/json'].schema ?? {};
      return z.fromJSONSchema(schema).safeParse(body).success;
    };
    for (const body of [null, {}, { allowfrom: null }, { allowfrom: ['192.0.2.0/24'] }]) {
      assert.ok(takes('/register', body));
      assert.equal(readRegisterBody(JSON.stringify(body)).kind, 'allow-from');
    }
    assert.ok(!takes('/register', { allowfrom: 'x' }));
    const owner = { subdomain: 'a', txt: VALUE };
    for (const path of ['/update', '/clean', '/change', '/rotate', '/deregister']) assert.ok(takes(path, owner), path);
    assert.deepEqual(readOwnerBody(JSON.stringify(owner)), { ...owner, allowFrom: undefined });
    for (const body of [
      { fqdn: 'a.', value: VALUE },
      { domain: 'a', token: 'b', keyAuth: 'c' },
    ]) {
      assert.ok(takes('/present', body));
      assert.notEqual(readHttpreqBody(JSON.stringify(body)).kind, 'malformed');
    }
  });
});
