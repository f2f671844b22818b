import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { exampleServed, queryFor } from './example-zones.fixture.ts';
import { answer } from './answer.ts';
import { ForeignLimit } from './foreign-limit.ts';
import { decodeMessage } from './message.ts';
import { lowerName, nameFromText } from './name.ts';

const ZONES = ['auth.example.net', 'example.org'];
const limitOf = (perSecond: number): ForeignLimit =>
  new ForeignLimit(
    ZONES.map((zone) => lowerName(nameFromText(zone))),
    perSecond,
  );

/** How many of `count` packets at one instant are let through. */
function through(limit: ForeignLimit, packet: Uint8Array, count: number, now: number): number {
  return Array.from({ length: count }, () => limit.drops(packet, now)).filter((dropped) => !dropped).length;
}

describe('ForeignLimit', () => {
  const ROWS: { name: string; foreign: boolean }[] = [
    { name: 'auth.example.net', foreign: false },
    { name: 'x.AUTH.example.NET', foreign: false },
    { name: 'deep.below.example.org', foreign: false },
    { name: 'example.net', foreign: true },
    { name: 'xauth.example.net', foreign: true },
    { name: 'myexample.org', foreign: true },
    { name: 'org', foreign: true },
    { name: '.', foreign: true },
    // The octets of the origin, but not as labels of their own.
    { name: 'x\\007example\\003org', foreign: true },
  ];
  for (const { name, foreign } of ROWS) {
    test(`${name} is ${foreign ? 'limited' : 'never limited'}`, () => {
      const passed = through(limitOf(10), queryFor(name, 'A'), 100, 1000);
      assert.equal(passed, foreign ? 20 : 100);
    });
  }

  test('it fills up again with time, and no further than its burst', () => {
    const limit = limitOf(10);
    const packet = queryFor('a.example.com', 'A');
    assert.equal(through(limit, packet, 50, 1000), 20);
    assert.equal(through(limit, packet, 50, 1500), 5);
    assert.equal(through(limit, packet, 50, 1_000_000), 20);
  });

  test('0 is no limit', () => {
    assert.equal(through(limitOf(0), queryFor('a.example.com', 'A'), 500, 1), 500);
  });

  test('whatever comes, it drops only what would be refused', () => {
    const served = exampleServed();
    const limit = new ForeignLimit(
      served.zones.map(({ origin }) => origin),
      1,
    );
    const names = fc.constantFrom('live.auth.example.net', 'example.org', 'a.example.com', 'unknown.example', 'x');
    const mutated = fc
      .tuple(names, fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 }))
      .map(([name, changes]) => {
        const packet = queryFor(name, 'TXT');
        for (const [at, octet] of changes) if (at < packet.length) packet[at] = octet;
        return packet;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), mutated), (packet) => {
        if (!limit.drops(packet, 1)) return;
        const reply = answer(packet, served, 'udp');
        assert.ok(reply);
        assert.ok(['REFUSED', 'FORMERR', 'BADVERS', 'NOTIMP'].includes(decodeMessage(reply).rcode));
      }),
      { numRuns: 2000 },
    );
  });
});
