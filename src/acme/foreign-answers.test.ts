import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { getAccount } from './account.ts';
import type { AcmeSession } from './account.ts';
import { getAuthorization } from './authorization.ts';
import { downloadCertificate } from './certificate.ts';
import { acceptChallenge } from './challenge.ts';
import { getOrder, listOrders } from './order.ts';
import { AcmeError } from './problem.ts';
import { getRenewalInfo } from './renewal-info.ts';
import type { Answer } from './testing/scripted-ca.ts';
import { withSession } from './testing/with-ca.ts';

/** Whatever a CA says, a caller gets either something whole or an AcmeError with one line of bounded length. */
const resources: [
  what: string,
  good: object,
  read: (session: AcmeSession, url: string, signal: AbortSignal) => Promise<unknown>,
][] = [
  [
    'an order',
    {
      status: 'valid',
      identifiers: [{ type: 'dns', value: 'example.org' }],
      authorizations: ['/a'],
      finalize: '/f',
      certificate: '/c',
      expires: '2026-12-01T00:00:00Z',
      error: { type: 'urn:ietf:params:acme:error:dns', detail: 'x', subproblems: [{ type: 'y' }] },
    },
    getOrder,
  ],
  [
    'an authorization',
    {
      status: 'pending',
      identifier: { type: 'dns', value: 'example.org' },
      wildcard: true,
      challenges: [{ type: 'dns-01', url: '/c', status: 'pending', token: 'abc' }],
    },
    getAuthorization,
  ],
  ['a challenge', { type: 'dns-01', url: '/c', status: 'valid', token: 'abc', error: null }, acceptChallenge],
  ['a certificate', { text: '-----BEGIN CERTIFICATE-----' }, downloadCertificate],
  [
    'an account',
    { status: 'valid', contact: ['mailto:a@example.org'], orders: '/foreign', termsOfServiceAgreed: true },
    (session, _, signal) => getAccount(session, signal),
  ],
  ['a list of orders', { status: 'valid', orders: ['/o'] }, (session, _, signal) => listOrders(session, signal)],
  [
    'renewal information',
    {
      suggestedWindow: { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00Z' },
      explanationURL: 'https://ca.example',
    },
    (session, _, signal) => getRenewalInfo(session.client, 'a.b', signal),
  ],
];

/** A good document with one member, at any depth, replaced by any JSON, or without it. */
function spoiled(good: object): fc.Arbitrary<unknown> {
  const paths = pathsOf(good);
  return fc
    .tuple(fc.constantFrom(...paths), fc.option(fc.jsonValue(), { nil: undefined }))
    .map(([path, value]) => replaceAt(structuredClone(good) as Record<string, unknown>, path, value));
}

function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  const inner = Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...path, key]));
  return path.length === 0 ? inner : [[...path], ...inner];
}

function replaceAt(root: Record<string, unknown>, path: readonly string[], value: unknown): unknown {
  let parent = root;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  parent[path.at(-1) ?? ''] = value;
  return root;
}

const header = fc.string({ unit: 'grapheme-ascii', maxLength: 60 }).map((text) => text.trim());
const status = fc.constantFrom(200, 200, 200, 201, 204, 302, 400, 403, 404, 409, 429, 500, 503);

function answerOf(code: number, content: object, [retry, link]: [string, string]): Answer {
  return { status: code, headers: { 'retry-after': retry, link, location: link }, ...content };
}

describe('foreign answers', () => {
  for (const [what, good, read] of resources) {
    test(`${what}, spoiled in any way`, async (t) => {
      const { ca, session } = await withSession(t);
      const { signal } = new AbortController();
      const paths = ['/foreign', '/account/1', '/renewal-info/a.b'];
      const content = fc.oneof(
        spoiled(good).map((json) => ({ json })),
        fc.jsonValue().map((json) => ({ json })),
        fc.string({ unit: 'binary' }).map((body) => ({ body })),
      );
      await fc.assert(
        fc.asyncProperty(status, content, fc.tuple(header, header), async (code, said, headers) => {
          for (const path of paths) ca.script(path, answerOf(code, said, headers));
          try {
            await read(session, `${ca.url}/foreign`, signal);
          } catch (error) {
            assert.ok(error instanceof AcmeError, String(error));
            assert.doesNotMatch(error.message, /[\p{Cc}\p{Zl}]/u);
            assert.ok(error.message.length < 3000);
          }
        }),
        { numRuns: 150 },
      );
    });
  }
});
