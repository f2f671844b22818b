import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { answer } from '../../src/dns/answer.ts';
import { exampleServed, queryFor } from '../../src/dns/example-zones.fixture.ts';
import { FastAnswer } from '../../src/dns/fast-answer.ts';
import { decodeMessage, encodeMessage, type Message } from '../../src/dns/message.ts';
import { TcpFrames } from '../../src/dns/tcp-frames.ts';

const served = exampleServed();
const fast = new FastAnswer(served);
const out = new Uint8Array(1232);

/** Packets as they are seen: questions of all kinds, and the answers to them. */
const real: readonly Uint8Array[] = [
  ...(['TXT', 'A', 'ANY', 'SOA', 'NS', 'DS', 'AXFR', 'HTTPS'] as const).flatMap((type) =>
    ['live', 'quiet', 'nothing', 'full', 'alias', 'cut', 'x.w', 'mail'].map((label) =>
      queryFor(`${label}.auth.example.net`, type),
    ),
  ),
  queryFor('_acme-challenge.example.org', 'TXT', { edns: undefined }),
  queryFor('.', 'NS'),
].flatMap((query) => {
  const reply = answer(query, served, 'tcp');
  return reply === undefined ? [query] : [query, reply];
});

const mutation = fc.oneof(
  fc.record({ at: fc.nat(2000), value: fc.nat(255) }).map(
    ({ at, value }) =>
      (octets: number[]): number[] =>
        octets.with(at % octets.length, value),
  ),
  fc.nat(2000).map(
    (at) =>
      (octets: number[]): number[] =>
        octets.slice(0, 1 + (at % octets.length)),
  ),
  fc.record({ at: fc.nat(2000), more: fc.array(fc.nat(255), { maxLength: 30 }) }).map(
    ({ at, more }) =>
      (octets: number[]): number[] =>
        octets.toSpliced(at % octets.length, 0, ...more),
  ),
  fc.record({ at: fc.nat(2000), gone: fc.nat(20) }).map(
    ({ at, gone }) =>
      (octets: number[]): number[] =>
        octets.length > gone ? octets.toSpliced(at % octets.length, gone) : octets,
  ),
  // A pointer anywhere to anywhere, which is where decoders go wrong.
  fc.record({ at: fc.nat(2000), to: fc.nat(0x3fff) }).map(
    ({ at, to }) =>
      (octets: number[]): number[] =>
        octets.toSpliced(at % octets.length, 2, 0xc0 | (to >>> 8), to & 0xff),
  ),
  fc.constantFrom(4, 6, 8, 10).map(
    (at) =>
      (octets: number[]): number[] =>
        octets.with(Math.min(at, octets.length - 1), 0xff),
  ),
);

const mutated = fc
  .tuple(fc.constantFrom(...real), fc.array(mutation, { minLength: 1, maxLength: 4 }))
  .map(([packet, changes]) =>
    Uint8Array.from(changes.reduce((octets, change) => (octets.length === 0 ? octets : change(octets)), [...packet])),
  );
const packets = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }) },
  { weight: 4, arbitrary: mutated },
);

/** No packet may cost more of the processor than this, in ms: a hundred times what the dearest of the real ones does. */
const MOST_MILLISECONDS = 100;

function within<T>(what: () => T): T {
  // Not the time on the clock: on a busy machine that is somebody else's.
  const started = process.threadCpuUsage();
  const result = what();
  const { user, system } = process.threadCpuUsage(started);
  assert.ok(user + system < MOST_MILLISECONDS * 1000, 'it took too long');
  return result;
}

/** The message, or undefined when it is malformed; anything else that is thrown is a defect. */
function decoded(bytes: Uint8Array): Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'dns-malformed', String(error));
    return undefined;
  }
}

describe('whatever comes in', () => {
  test(
    'answer() never throws, and what it says is a message of its limits with the id of the question',
    { timeout: 120_000 },
    () => {
      let answered = 0;
      fc.assert(
        fc.property(packets, fc.constantFrom('udp' as const, 'tcp' as const), (packet, transport) => {
          const before = packet.slice();
          const reply = within(() => answer(packet, served, transport));
          assert.deepEqual(packet, before, 'the query is left as it is');
          if (reply === undefined) {
            assert.ok(
              packet.length < 12 || ((packet[2] ?? 0) & 0x80) !== 0,
              'only answers and what has no header are dropped',
            );
            return;
          }
          answered += 1;
          const message = decoded(reply);
          assert.ok(message, 'what is answered is well-formed');
          assert.equal(message.id, (packet[0] ?? 0) * 256 + (packet[1] ?? 0));
          assert.ok(transport === 'tcp' || reply.length <= 1232);
        }),
        { numRuns: 8000 },
      );
      assert.ok(answered > 1000, `${answered} were answered`);
    },
  );

  test('the fast path says what the complete path says, or nothing', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const length = within(() => fast.answer(packet, out));
        if (length > 0) assert.deepEqual(out.slice(0, length), answer(packet, served, 'udp')?.slice());
      }),
      { numRuns: 8000 },
    );
  });

  test('decodeMessage() throws dns-malformed and nothing else, and what it reads can be written and read again', () => {
    let read = 0;
    fc.assert(
      fc.property(packets, (packet) => {
        const message = within(() => decoded(packet));
        if (message === undefined) return;
        read += 1;
        assert.deepEqual(decoded(within(() => encodeMessage(message))), message);
      }),
      { numRuns: 8000 },
    );
    assert.ok(read > 100, `${read} were read`);
  });

  test('a message made of nothing but pointers takes no time', () => {
    // 4000 records, each name a pointer to the one before, which is one too.
    const octets = [0, 1, 0x80, 0, 0, 0, 0x0f, 0xa0, 0, 0, 0, 0, 1, 97, 0];
    for (let record = 0; record < 4000; record++) {
      const to = record === 0 ? 12 : Math.min(0x3fff, octets.length - 12);
      octets.push(0xc0 | (to >>> 8), to & 0xff, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0);
    }
    within(() => decoded(Uint8Array.from(octets)));
  });

  test('a stream of anything holds no more than one message', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (chunks) => {
        const frames = new TcpFrames(512);
        try {
          for (const chunk of chunks) for (const message of frames.push(chunk)) assert.ok(message.length <= 512);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'dns-malformed');
        }
      }),
    );
  });
});
