import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { HttpResponse } from './http.ts';
import { jsonOf, linksOf, locationOf } from './response.ts';

function response(headers: Record<string, string>, body = ''): HttpResponse {
  const url = 'https://ca.example/cert/1';
  return { url, status: 200, headers: new Map(Object.entries(headers)), body, receivedAt: 0, resent: false };
}

describe('linksOf, RFC 8288', () => {
  const rows: [link: string, relation: string, found: string[]][] = [
    ['<https://ca.example/cert/1/1>;rel="alternate"', 'alternate', ['https://ca.example/cert/1/1']],
    ['</cert/1/1>; rel=alternate', 'alternate', ['https://ca.example/cert/1/1']],
    [
      '<https://ca.example/directory>;rel="index", <a>;rel="alternate", <b>;rel="alternate"',
      'index',
      ['https://ca.example/directory'],
    ],
    [
      '<https://ca.example/directory>;rel="index", <a>;rel="alternate", <b>;rel="alternate"',
      'alternate',
      ['https://ca.example/cert/a', 'https://ca.example/cert/b'],
    ],
    ['<a>; title="one; rel=\\"next\\", two"; rel="alternate"', 'next', []],
    ['<a,b;c>;rel="up alternate"', 'alternate', ['https://ca.example/cert/a,b;c']],
    ['<a>;REL="Alternate"', 'alternate', ['https://ca.example/cert/a']],
    ['<a>;rel="alternate", <a>;rel="alternate"', 'alternate', ['https://ca.example/cert/a']],
    ['<a>', 'alternate', []],
    ['<http://[>;rel="alternate"', 'alternate', []],
    ['', 'alternate', []],
  ];
  for (const [link, relation, found] of rows) {
    test(`${relation} in ${link}`, () => assert.deepEqual(linksOf(response({ link }), relation), found));
  }

  test('any header is read in short time', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', ';', ',', '=', ' ', '"', 'rel', 'x', '/'), maxLength: 2000 }),
        (link) => {
          for (const url of linksOf(response({ link }), 'rel')) assert.ok(URL.canParse(url));
        },
      ),
    );
  });
});

test('a Location may be relative; a missing or wrong one is told', () => {
  assert.equal(locationOf(response({ location: '/order/7' }), 'an order'), 'https://ca.example/order/7');
  for (const headers of [{}, { location: 'http://[' }]) {
    assert.throws(() => locationOf(response(headers), 'an order'), {
      code: 'acme-bad-response',
      message: /the CA at ca\.example sent an order that cannot be used: the answer does not say where it is/,
    });
  }
});

test('what is not JSON is told', () => {
  assert.throws(() => jsonOf(response({}, '<html>'), 'an order'), { code: 'acme-bad-response', message: /not JSON/ });
});
