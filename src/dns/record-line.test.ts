import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { DomainName } from '../core/domain-name.ts';
import { encodeRdata } from './record-wire.ts';
import { parseRecordLine } from './record-line.ts';
import { codeOf } from './record.ts';

const ORIGIN = 'example.org' as DomainName;
const strings = (...texts: string[]): Uint8Array[] => texts.map((text) => Uint8Array.from(Buffer.from(text)));

describe('parseRecordLine', () => {
  const ROWS: { what: string; line: string; gets: object; origin?: DomainName }[] = [
    {
      what: 'RFC 1035 5.1: owner, TTL, class, type',
      line: 'a.example. 60 IN A 192.0.2.1',
      gets: { name: 'a.example', ttl: 60, type: 'A', address: '192.0.2.1' },
    },
    {
      what: 'class before TTL, and in lower case',
      line: 'a.example in 60 a 192.0.2.1',
      gets: { name: 'a.example', ttl: 60, type: 'A', address: '192.0.2.1' },
    },
    {
      what: 'no TTL is an hour, as in acme-dns',
      line: 'a.example. A 192.0.2.1',
      gets: { name: 'a.example', ttl: 3600, type: 'A', address: '192.0.2.1' },
    },
    {
      what: 'a TTL in units',
      line: 'a. 1h30m A 192.0.2.1',
      gets: { name: 'a', ttl: 5400, type: 'A', address: '192.0.2.1' },
    },
    {
      what: 'absolute without an origin',
      line: 'a CNAME b.example',
      gets: { name: 'a', ttl: 3600, type: 'CNAME', target: 'b.example' },
    },
    {
      what: 'relative with one',
      line: 'a 5 CNAME b',
      origin: ORIGIN,
      gets: { name: 'a.example.org', ttl: 5, type: 'CNAME', target: 'b.example.org' },
    },
    {
      what: 'the origin itself',
      line: '@ 5 NS ns1.example.net.',
      origin: ORIGIN,
      gets: { name: 'example.org', ttl: 5, type: 'NS', target: 'ns1.example.net' },
    },
    {
      what: 'RFC 3596: AAAA',
      line: 'a AAAA 2001:db8::1',
      gets: { name: 'a', ttl: 3600, type: 'AAAA', address: '2001:db8::1' },
    },
    {
      what: 'acme-dns #346: the case of everything is kept',
      line: 'K1._DomainKey.Example TXT "v=DKIM1; p=AbC"',
      gets: { name: 'K1._DomainKey.Example', ttl: 3600, type: 'TXT', strings: strings('v=DKIM1; p=AbC') },
    },
    {
      what: 'RFC 1035 3.3.14: several strings, quoted and not',
      line: 'a TXT one "two ; 2" "" "th\\"ree"',
      gets: { name: 'a', ttl: 3600, type: 'TXT', strings: strings('one', 'two ; 2', '', 'th"ree') },
    },
    {
      what: 'RFC 1035 5.1: \\DDD in a string',
      line: 'a TXT "\\065\\200"',
      gets: { name: 'a', ttl: 3600, type: 'TXT', strings: [Uint8Array.of(65, 200)] },
    },
    {
      what: 'strings that touch',
      line: 'a TXT "x""y"',
      gets: { name: 'a', ttl: 3600, type: 'TXT', strings: strings('x', 'y') },
    },
    {
      what: 'UTF-8 in a string',
      line: 'a TXT "é😀"',
      gets: { name: 'a', ttl: 3600, type: 'TXT', strings: strings('é😀') },
    },
    {
      what: 'a string of 255 octets, and one that is too long for one, as acme-dns cuts it',
      line: `a TXT "${'x'.repeat(255)}" "${'y'.repeat(511)}"`,
      gets: {
        name: 'a',
        ttl: 3600,
        type: 'TXT',
        strings: strings('x'.repeat(255), 'y'.repeat(255), 'y'.repeat(255), 'y'),
      },
    },
    {
      what: 'a comment',
      line: 'a A 192.0.2.1 ; the first',
      gets: { name: 'a', ttl: 3600, type: 'A', address: '192.0.2.1' },
    },
    {
      what: 'tabs and parentheses',
      line: 'a\tIN MX (10\tmail.example. )',
      gets: { name: 'a', ttl: 3600, type: 'MX', preference: 10, exchange: 'mail.example' },
    },
    {
      what: 'RFC 2782: SRV',
      line: '_x._tcp.a SRV 1 2 443 b.example',
      gets: { name: '_x._tcp.a', ttl: 3600, type: 'SRV', priority: 1, weight: 2, port: 443, target: 'b.example' },
    },
    {
      what: 'RFC 8659: CAA, and RFC 8657 with its URI',
      line: 'a CAA 128 issue "ca.example; accounturi=https://ca.example/A/1"',
      gets: {
        name: 'a',
        ttl: 3600,
        type: 'CAA',
        flags: 128,
        tag: 'issue',
        value: 'ca.example; accounturi=https://ca.example/A/1',
      },
    },
    {
      what: 'RFC 1035 3.3.13: SOA',
      line: 'a SOA ns. admin. 1 2h 3 4 5',
      gets: {
        name: 'a',
        ttl: 3600,
        type: 'SOA',
        primary: 'ns',
        mailbox: 'admin',
        serial: 1,
        refresh: 7200,
        retry: 3,
        expire: 4,
        minimum: 5,
      },
    },
    {
      what: 'PTR',
      line: '1.2.0.192.in-addr.arpa PTR a.example',
      gets: { name: '1.2.0.192.in-addr.arpa', ttl: 3600, type: 'PTR', target: 'a.example' },
    },
    {
      what: 'RFC 3597 5: a type that is not known',
      line: 'a TYPE731 \\# 6 abcd ef012345',
      gets: {
        name: 'a',
        ttl: 3600,
        type: 'UNKNOWN',
        typeCode: 731,
        data: Uint8Array.from(Buffer.from('abcdef012345', 'hex')),
      },
    },
    {
      what: 'RFC 3597 5: no data',
      line: 'a CLASS1 TYPE731 \\# 0',
      gets: { name: 'a', ttl: 3600, type: 'UNKNOWN', typeCode: 731, data: new Uint8Array(0) },
    },
    {
      what: 'RFC 3597 5: a known type in the general form',
      line: 'a A \\# 4 c0000201',
      gets: { name: 'a', ttl: 3600, type: 'A', address: '192.0.2.1' },
    },
    {
      what: 'RFC 9460 2.1: the alias form',
      line: 'a HTTPS 0 b.example.',
      gets: { name: 'a', ttl: 3600, type: 'HTTPS', priority: 0, target: 'b.example', params: [] },
    },
  ];
  for (const row of ROWS) {
    test(row.what, () => assert.deepEqual(parseRecordLine(row.line, row.origin), row.gets));
  }

  // RFC 9460 appendix D.2: the line and the RDATA it stands for.
  const SERVICE: [string, string][] = [
    ['example.com. HTTPS 0 foo.example.com.', '000003666f6f076578616d706c6503636f6d00'],
    ['example.com. SVCB 1 .', '000100'],
    ['example.com. SVCB 16 foo.example.com. port=53', '001003666f6f076578616d706c6503636f6d00 0003 0002 0035'],
    [
      'example.com. SVCB 1 foo.example.com. key667=hello',
      '000103666f6f076578616d706c6503636f6d00 029b 0005 68656c6c6f',
    ],
    [
      'example.com. SVCB 1 foo.example.com. key667="hello\\210qoo"',
      '000103666f6f076578616d706c6503636f6d00 029b 0009 68656c6c6fd2716f6f',
    ],
    [
      'example.com. SVCB 1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
      '000103666f6f076578616d706c6503636f6d00 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001',
    ],
    [
      'example.com. SVCB 1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
      '0001076578616d706c6503636f6d00 0006 0010 20010db8012203440000 0000c0000221',
    ],
    [
      'example.com. SVCB 16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1',
      '001003666f6f076578616d706c65036f726700 0000 0004 0001 0004 0001 0009 026832 0568332d3139 0004 0004 c0000201',
    ],
    [
      'example.com. SVCB 16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
      '001003666f6f076578616d706c65036f726700 0001 000c 08665c6f6f2c626172 026832',
    ],
    ['example.com. SVCB 1 . no-default-alpn ech="AAEC"', '000100 0002 0000 0005 0003 000102'],
  ];
  for (const [line, hex] of SERVICE) {
    test(`RFC 9460 D: ${line}`, () => {
      const rdata = encodeRdata(parseRecordLine(line)).map((part) => Buffer.from(part as Uint8Array).toString('hex'));
      assert.equal(rdata.join(''), hex.replaceAll(' ', ''));
    });
  }

  const BAD: [string, RegExp][] = [
    ['', /it is empty/],
    ['a.example', /has no type/],
    ['a 60 IN', /has no type/],
    ['a A', /a A record needs its address/],
    ['a A 192.0.2.256', /"192.0.2.256" is not an IPv4 address/],
    ['a A 2001:db8::1', /not an IPv4 address/],
    ['a AAAA 192.0.2.1', /not an IPv6 address/],
    ['a AAAA fe80::1%eth0', /not an IPv6 address/],
    ['a A 192.0.2.1 192.0.2.2', /nothing more to say/],
    ['a CH TXT x', /only IN is served/],
    ['a NONSENSE x', /not a record type/],
    ['a OPT 1', /must be written as/],
    ['a MX x mail', /the preference is "x"/],
    ['a MX 65536 mail', /the preference is "65536"/],
    ['a MX 10 a..b', /empty label/],
    ['a..b A 192.0.2.1', /empty label/],
    [`${'x'.repeat(64)} A 192.0.2.1`, /more than 63 octets/],
    ['a TXT "open', /not closed/],
    ['a TXT', /needs its text/],
    ['a TXT \\', /escapes nothing/],
    ['a CAA 0 is-sue x', /other than letters and digits/],
    ['a CAA 256 issue x', /the flags is "256"/],
    ['a 99999999999 A 192.0.2.1', /not a TTL/],
    ['a 1x A 192.0.2.1', /not a TTL/],
    ['a TYPE731 \\# 3 abcd', /not 3 octets in hex/],
    ['a TYPE731 \\# 1 zz', /not 1 octets in hex/],
    ['a A \\# 3 c00002', /ends too early/],
    ['a SVCB 1 . alpn=h2 alpn=h3', /stands there twice/],
    ['a SVCB 1 . port=x', /not a port/],
    ['a SVCB 1 . what=x', /not a parameter/],
    ['a SVCB 1 . ipv4hint=::1', /not an IPv4 address/],
    ['a SVCB 1 . no-default-alpn=x', /has no value/],
    ['a SVCB 1 . mandatory=mandatory', /no other parameter/],
  ];
  for (const [line, message] of BAD) {
    test(`refuses ${line.slice(0, 40)}`, () => {
      assert.throws(() => parseRecordLine(line), { code: 'invalid-record', message });
    });
  }

  test('any data in the general form comes out as it went in', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 300, max: 65000 }), (data, type) => {
        const record = parseRecordLine(`a TYPE${type} \\# ${data.length} ${Buffer.from(data).toString('hex')}`);
        assert.equal(codeOf(record), type);
        assert.deepEqual(
          encodeRdata(record).map((part) => Buffer.from(part)),
          [Buffer.from(data)],
        );
      }),
    );
  });

  test('whatever stands there, it is a record or an invalid-record', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('A', 'TXT', 'SVCB', 'CAA', 'IN', '60', '\\#', '"', ';', '(', 'a.example.', 'alpn=h2', '\\'),
    );
    fc.assert(
      fc.property(fc.array(word), (parts) => {
        try {
          encodeRdata(parseRecordLine(parts.join(' ')));
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'invalid-record');
        }
      }),
    );
  });
});
