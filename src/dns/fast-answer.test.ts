import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { answer } from './answer.ts';
import {
  challengeZone,
  exampleNames,
  exampleServed,
  name,
  queryFor,
  userZone,
  VALUE,
} from './example-zones.fixture.ts';
import { askedName, FastAnswer } from './fast-answer.ts';
import type { Served } from './lookup.ts';
import type { Edns } from './message.ts';
import type { QueryType } from './record.ts';

const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex');

/** The fast path's answer, which must be what the complete path says; undefined when it leaves the query to that. */
function fast(query: Uint8Array, served: Served): Uint8Array | undefined {
  const out = new Uint8Array(1232);
  const length = new FastAnswer(served).answer(query, out);
  if (length === 0) return undefined;
  assert.equal(hex(out.subarray(0, length)), hex(answer(query, served, 'udp')));
  return out.subarray(0, length);
}

const served = exampleServed();

describe('the fast path', () => {
  const TAKEN: [string, QueryType, Edns | undefined][] = [
    ['one.auth.example.net', 'TXT', undefined],
    ['LIVE.auth.Example.net', 'TXT', { udpSize: 1232, version: 0, dnssecOk: false }],
    ['live.auth.example.net', 'ANY', { udpSize: 4096, version: 0, dnssecOk: true }],
    ['long.auth.example.net', 'TXT', { udpSize: 1232, version: 0, dnssecOk: false }],
    ['one.auth.example.net', 'TXT', { udpSize: 10, version: 0, dnssecOk: false }],
  ];
  for (const [question, type, edns] of TAKEN) {
    test(`takes ${type} ${question} ${edns === undefined ? 'without' : 'with'} OPT`, () => {
      assert.ok(fast(queryFor(question, type, { edns }), served));
    });
  }

  const LEFT: [string, string, QueryType, Edns | undefined][] = [
    ['no such name', 'nothing.auth.example.net', 'TXT', undefined],
    ['no values', 'quiet.auth.example.net', 'TXT', undefined],
    ['another type', 'live.auth.example.net', 'A', undefined],
    ['a type whose number has two octets', 'live.auth.example.net', 'CAA', undefined],
    ['a static record at the name', 'mixed.auth.example.net', 'TXT', undefined],
    ['two labels below the zone', 'deep.under.auth.example.net', 'TXT', undefined],
    ['below a cut', 'host.cut.auth.example.net', 'TXT', undefined],
    ['another zone', '_acme-challenge.example.org', 'TXT', undefined],
    ['too large for 512', 'long.auth.example.net', 'TXT', undefined],
    ['too large for UDP', 'full.auth.example.net', 'TXT', { udpSize: 4096, version: 0, dnssecOk: false }],
    [
      'an EDNS version that does not exist',
      'live.auth.example.net',
      'TXT',
      { udpSize: 4096, version: 1, dnssecOk: false },
    ],
  ];
  for (const [why, question, type, edns] of LEFT) {
    test(`leaves ${why} to the complete path`, () => {
      assert.equal(fast(queryFor(question, type, { edns }), served), undefined);
    });
  }

  test('a zone that is itself a name of the zone above has its own answers', () => {
    const names = exampleNames();
    const child = { ...userZone, origin: name('one.auth.example.net'), records: [] };
    const by = exampleServed(names, [challengeZone, child]);
    assert.equal(fast(queryFor('one.auth.example.net', 'TXT'), by), undefined);
    assert.ok(fast(queryFor('live.auth.example.net', 'TXT'), by));
  });

  test('a zone that is not known is left to SERVFAIL', () => {
    const by = exampleServed(exampleNames(), [{ ...challengeZone, known: false }]);
    assert.equal(fast(queryFor('live.auth.example.net', 'TXT'), by), undefined);
  });

  test('says whether the name is watched, and which it is', () => {
    const names = exampleNames();
    names.watch(name('live.auth.example.net'), true);
    const path = new FastAnswer(exampleServed(names));
    const query = queryFor('Live.auth.example.net', 'TXT');
    for (const [question, watched] of [
      [query, true],
      [queryFor('one.auth.example.net', 'TXT'), false],
      [query, true],
    ] as const) {
      assert.ok(path.answer(question, new Uint8Array(1232)) > 0);
      assert.equal(path.watched, watched);
    }
    assert.equal(askedName(query), 'Live.auth.example.net');
  });

  test('needs room for any answer', () => {
    assert.equal(new FastAnswer(served).answer(queryFor('live.auth.example.net', 'TXT'), new Uint8Array(512)), 0);
  });

  test('whatever is changed in a query, it says nothing other than the complete path', () => {
    const base = fc.constantFrom(
      ...['live', 'one', 'quiet', 'mixed', 'nothing', 'long', 'cut', 'fixed.w'].flatMap((label) =>
        [undefined, { udpSize: 1232, version: 0, dnssecOk: true }].map((edns) =>
          queryFor(`${label}.auth.example.net`, 'TXT', { edns }),
        ),
      ),
    );
    const change = fc.oneof(
      fc.record({ at: fc.nat(80), value: fc.nat(255) }).map(
        ({ at, value }) =>
          (query: Uint8Array) =>
            query.map((octet, index) => (index === at ? value : octet)),
      ),
      fc.nat(80).map((length) => (query: Uint8Array) => query.slice(0, length)),
      fc.uint8Array({ maxLength: 20 }).map((more) => (query: Uint8Array) => Uint8Array.of(...query, ...more)),
    );
    let taken = 0;
    fc.assert(
      fc.property(base, fc.array(change, { maxLength: 3 }), (query, changes) => {
        if (
          fast(
            changes.reduce((octets, each) => each(octets), query),
            served,
          ) !== undefined
        )
          taken += 1;
      }),
      { numRuns: 3000 },
    );
    assert.ok(taken > 100, `${taken} of 3000 took the fast path`);
  });

  test('many values keep their order', () => {
    const names = exampleNames();
    const values = Array.from({ length: 18 }, (_, at) => `${at}`.padStart(43, VALUE));
    names.set(name('many.auth.example.net'), values);
    assert.ok(fast(queryFor('many.auth.example.net', 'TXT'), exampleServed(names)));
  });
});
