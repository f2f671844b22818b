import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import dnsPacket from 'dns-packet';
import * as fc from 'fast-check';
import { assertNever } from '../core/assert-never.ts';
import { decodeMessage, encodeMessage, FLAG, type Message } from './message.ts';
import { type RecordData, type ResourceRecord, txtStrings, txtValue } from './record.ts';

const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9-]{0,10}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const uint16 = fc.nat(0xffff);
const uint32 = fc.nat(0xffffffff);
const octets = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });

const data: fc.Arbitrary<RecordData> = fc.oneof(
  fc.record({ type: fc.constant('A' as const), address: fc.ipV4() }),
  fc.record({
    type: fc.constant('AAAA' as const),
    address: fc.ipV6().map((text) => new URL(`http://[${text}]`).hostname.slice(1, -1)),
  }),
  fc.record({ type: fc.constantFrom('NS' as const, 'CNAME' as const, 'PTR' as const), target: name }),
  fc.record({ type: fc.constant('MX' as const), preference: uint16, exchange: name }),
  fc.record({ type: fc.constant('SRV' as const), priority: uint16, weight: uint16, port: uint16, target: name }),
  fc.record({
    type: fc.constant('SOA' as const),
    primary: name,
    mailbox: name,
    serial: uint32,
    refresh: uint32,
    retry: uint32,
    expire: uint32,
    minimum: uint32,
  }),
  fc.record({ type: fc.constant('TXT' as const), strings: fc.array(octets(255), { minLength: 1, maxLength: 3 }) }),
  fc.record({
    type: fc.constant('CAA' as const),
    flags: fc.constantFrom(0, 128),
    tag: fc.constantFrom('issue', 'issuewild', 'iodef'),
    value: fc.stringMatching(/^[ -~]{0,40}$/),
  }),
  fc.record({
    type: fc.constantFrom('SVCB' as const, 'HTTPS' as const),
    priority: uint16,
    target: name,
    params: fc
      .uniqueArray(fc.record({ key: fc.nat(65534), value: octets(20) }), {
        selector: (param) => param.key,
        maxLength: 4,
      })
      .map((params) => params.toSorted((one, other) => one.key - other.key)),
  }),
  fc.record({
    type: fc.constant('UNKNOWN' as const),
    typeCode: fc.integer({ min: 300, max: 65000 }),
    data: octets(40),
  }),
);
const record: fc.Arbitrary<ResourceRecord> = fc
  .tuple(name, fc.nat(0x7fffffff), data)
  .map(([owner, ttl, what]) => ({ name: owner, ttl, ...what }));
const records = fc.array(record, { maxLength: 6 });

const message: fc.Arbitrary<Message> = fc
  .record({
    id: uint16,
    flags: fc.subarray(Object.values(FLAG)).map((flags) => flags.reduce((all, flag) => all | flag, 0)),
    opcode: fc.nat(15),
    rcode: fc.constantFrom('NOERROR', 'NXDOMAIN', 'SERVFAIL', 'REFUSED'),
    questions: fc.array(
      fc.record({ name, type: fc.constantFrom('A', 'TXT', 'ANY', 'TYPE731'), class: fc.constantFrom(1, 3, 255) }),
      { maxLength: 2 },
    ),
    answers: records,
    authority: records,
    additional: records,
    edns: fc.option(fc.record({ udpSize: uint16, version: fc.nat(255), dnssecOk: fc.boolean() }), { nil: undefined }),
  })
  .map((made) => structuredClone(made));

describe('messages', () => {
  test('what is encoded is decoded to the same', () => {
    fc.assert(fc.property(message, (each) => assert.deepEqual(decodeMessage(encodeMessage(each)), each)));
  });

  test('compression saves octets and never changes names (RFC 1035 4.1.4)', () => {
    const answers = Array.from({ length: 50 }, (_, at): ResourceRecord => ({
      name: `n${at}.a.b.example`,
      ttl: 1,
      type: 'CNAME',
      target: `m${at}.b.example`,
    }));
    const plain: Message = {
      id: 1,
      flags: 0,
      opcode: 0,
      rcode: 'NOERROR',
      questions: [],
      answers,
      authority: [],
      additional: [],
      edns: undefined,
    };
    const bytes = encodeMessage(plain);
    assert.ok(bytes.length < 50 * 28, `${bytes.length} octets`);
    assert.deepEqual(decodeMessage(bytes).answers, answers);
  });

  test('names that lie beyond the reach of a pointer are written out', () => {
    const filler: ResourceRecord = {
      name: 'filler',
      ttl: 1,
      type: 'TXT',
      strings: Array.from({ length: 80 }, () => new Uint8Array(255)),
    };
    const targets = ['one.far.example', 'two.far.example'];
    const far = targets.map((target): ResourceRecord => ({ name: 'far.example', ttl: 1, type: 'NS', target }));
    const answers = [filler, ...far];
    const each: Message = {
      id: 1,
      flags: 0,
      opcode: 0,
      rcode: 'NOERROR',
      questions: [],
      answers,
      authority: [],
      additional: [],
      edns: undefined,
    };
    assert.deepEqual(decodeMessage(encodeMessage(each)).answers, answers);
  });

  test('dns-packet reads what is written here', () => {
    fc.assert(
      fc.property(message, (each) => {
        const theirs = dnsPacket.decode(Buffer.from(encodeMessage(each)));
        assert.equal(theirs.id, each.id);
        assert.deepEqual(
          theirs.questions?.map((question) => question.name),
          each.questions.map((question) => question.name),
        );
        assert.equal(theirs.answers?.length, each.answers.length);
        for (const [at, answer] of (theirs.answers ?? []).entries()) checkSame(each.answers[at], answer);
        assert.equal(theirs.additionals?.length, each.additional.length + (each.edns === undefined ? 0 : 1));
      }),
    );
  });

  test('what dns-packet writes is read here', () => {
    fc.assert(
      fc.property(message, (each) => {
        const known = each.answers.filter((answer) =>
          ['A', 'AAAA', 'NS', 'CNAME', 'PTR', 'MX', 'SRV', 'TXT', 'CAA'].includes(answer.type),
        );
        const theirs = dnsPacket.encode({
          id: each.id,
          type: 'response',
          flags: 0,
          answers: known.map(theirForm) as dnsPacket.Answer[],
        });
        assert.deepEqual(decodeMessage(theirs).answers, known);
      }),
    );
  });

  test('a TXT value over 255 octets is cut, and comes together again', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 700 }), (value) =>
        assert.equal(txtValue({ strings: txtStrings(value) }), value),
      ),
    );
    assert.deepEqual(
      txtStrings('x'.repeat(256)).map((string) => string.length),
      [255, 1],
    );
    assert.deepEqual(
      txtStrings('').map((string) => string.length),
      [0],
    );
  });

  const HEAD = '0001 8000 0000 0001 0000 0000';
  const BAD: [string, string][] = [
    ['nothing', ''],
    ['half a header', '0001 8000 0000'],
    ['RFC 1035 4.1.4: a pointer to itself', `${HEAD} c00c 0001 0001 00000000 0004 00000000`],
    ['RFC 1035 4.1.4: a pointer forwards', `${HEAD} c00e 0161 00 0001 0001 00000000 0004 00000000`],
    ['RFC 1035 4.1.4: a loop of two pointers', `0001 8000 0000 0002 0000 0000 0161 c00c 0001 0001 00000000 0000`],
    ['a label over the end', `${HEAD} 3f61`],
    ['RFC 6891 5: label type 10', `${HEAD} 80 00 0001 0001 00000000 0000`],
    ['RDLENGTH over the end', `${HEAD} 00 0001 0001 00000000 0005 00000000`],
    ['an A of three octets', `${HEAD} 00 0001 0001 00000000 0003 000000`],
    ['an A of five octets', `${HEAD} 00 0001 0001 00000000 0005 0000000000`],
    ['a TXT of none', `${HEAD} 00 0010 0001 00000000 0000`],
    ['a TXT string over its RDATA', `${HEAD} 00 0010 0001 00000000 0002 0561`],
    ['RFC 9460 2.2: parameters out of order', `${HEAD} 00 0040 0001 00000000 000b 0001 00 0002 0000 0001 0000`],
    ['RFC 6891 6.1.1: OPT among the answers', `${HEAD} 00 0029 1000 00000000 0000`],
    ['octets after the end', '0001 8000 0000 0000 0000 0000 00'],
    ['more questions than there are', '0001 8000 ffff 0000 0000 0000 00 0001 0001'],
  ];
  for (const [what, hex] of BAD) {
    test(`refuses ${what}`, () => {
      assert.throws(() => decodeMessage(Buffer.from(hex.replaceAll(' ', ''), 'hex')), { code: 'dns-malformed' });
    });
  }

  test('RFC 2181 8: a TTL with the top bit set is zero', () => {
    const bytes = Buffer.from(`${HEAD} 00 0001 0001 ffffffff 0004 c0000201`.replaceAll(' ', ''), 'hex');
    assert.deepEqual(decodeMessage(bytes).answers, [{ name: '.', ttl: 0, type: 'A', address: '192.0.2.1' }]);
  });
});

/** The record as dns-packet has it. */
function theirForm(answer: ResourceRecord): { type: string; name: string; ttl: number; data: unknown } {
  const { type, name: owner, ttl } = answer;
  switch (answer.type) {
    case 'A':
    case 'AAAA':
      return { type, name: owner, ttl, data: answer.address };
    case 'NS':
    case 'CNAME':
    case 'DNAME':
    case 'PTR':
      return { type, name: owner, ttl, data: answer.target };
    case 'MX':
      return { type, name: owner, ttl, data: { preference: answer.preference, exchange: answer.exchange } };
    case 'SRV':
      return {
        type,
        name: owner,
        ttl,
        data: { priority: answer.priority, weight: answer.weight, port: answer.port, target: answer.target },
      };
    case 'TXT':
      return { type, name: owner, ttl, data: answer.strings.map((string) => Buffer.from(string)) };
    case 'CAA':
      return {
        type,
        name: owner,
        ttl,
        data: { flags: answer.flags, tag: answer.tag, value: answer.value, issuerCritical: answer.flags === 128 },
      };
    case 'SOA':
    case 'SVCB':
    case 'HTTPS':
    case 'UNKNOWN':
      return { type, name: owner, ttl, data: undefined };
    default:
      return assertNever(answer);
  }
}

/** Compares as far as dns-packet knows the type. */
function checkSame(ours: ResourceRecord | undefined, theirs: dnsPacket.Answer): void {
  assert.ok(ours);
  assert.equal(theirs.name, ours.name);
  const { data: expected } = theirForm(ours);
  if (expected === undefined) return;
  const got = (theirs as { data: unknown }).data;
  // It writes IPv6 in a form of its own.
  if (ours.type === 'AAAA') assert.equal(new URL(`http://[${String(got)}]`).hostname.slice(1, -1), ours.address);
  else assert.deepEqual(got, expected);
}
