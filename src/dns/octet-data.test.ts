import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { parseRecordLine } from './record-line.ts';
import { encodeRdata } from './record-wire.ts';
import { codeOf, typeCode } from './record.ts';

const SHA1 = '2bb183af5f22588179a53b0a98631fad1a292118';
const SHA256 = '92003ba34942dc74152e2f2c408d29eca5a520e7f2e06bb944f4dca346baf63c';

const wire = (line: string): string =>
  Buffer.concat(encodeRdata(parseRecordLine(line)).map((part) => Buffer.from(part as Uint8Array))).toString('hex');
const text = (value: string): string => Buffer.from(value, 'latin1').toString('hex');

describe('octetData', () => {
  /** The line, and the RDATA it stands for. */
  const ROWS: { what: string; line: string; gets: string }[] = [
    {
      what: 'RFC 6698 2.3: TLSA, in several words',
      line: `_443._tcp.a TLSA 0 0 1 ( ${SHA256.slice(0, 30)} ${SHA256.slice(30).toUpperCase()} )`,
      gets: `000001${SHA256}`,
    },
    { what: 'RFC 6698 2.1.3: TLSA with all of it, no digest', line: 'a TLSA 3 1 0 3059', gets: '0301003059' },
    { what: 'RFC 8162 2: SMIMEA', line: `a SMIMEA 3 1 1 ${SHA256}`, gets: `030101${SHA256}` },
    { what: 'RFC 4255 3.2: SSHFP', line: `a SSHFP 2 1 ${SHA1}`, gets: `0201${SHA1}` },
    { what: 'RFC 4034 5.4: DS', line: `a 86400 IN DS 60485 5 1 ( ${SHA1} )`, gets: `ec450501${SHA1}` },
    {
      what: 'RFC 4034 A.1: the algorithm by name',
      line: `a DS 60485 ecdsap256sha256 2 ${SHA256}`,
      gets: `ec450d02${SHA256}`,
    },
    { what: 'RFC 8078 4: the CDS that deletes', line: 'a CDS 0 0 0 00', gets: '0000000000' },
    { what: 'RFC 8078 4: the CDNSKEY that deletes', line: 'a CDNSKEY 0 3 0 AA==', gets: '0000030000' },
    {
      what: 'RFC 4034 2.3: DNSKEY, in two words',
      line: 'a DNSKEY 256 3 5 AQPS kmyn',
      gets: '01000305 0103d2926ca7',
    },
    { what: 'RFC 7929 2.3: OPENPGPKEY, without padding', line: 'a OPENPGPKEY AQI', gets: '0102' },
    { what: 'RFC 4398 2.2: CERT', line: 'a CERT PGP 0 RSASHA256 AQID', gets: '0003000008010203' },
    {
      what: 'RFC 3403 6.2: NAPTR',
      line: 'a NAPTR 100 50 "a" "z3950+N2L+N2C" "" cidserver.example.com.',
      gets: `00640032 01${text('a')} 0d${text('z3950+N2L+N2C')} 00 09${text('cidserver')} 07${text('example')} 03${text('com')} 00`,
    },
    {
      what: 'RFC 3403 6.1: a NAPTR with an expression, whose backslash is written twice',
      line: 'a NAPTR 100 10 "" "" "!^urn:cid:.+@([^\\\\.]+\\\\.)(.*)$!\\\\2!i" .',
      gets: `0064000a 00 00 21${text('!^urn:cid:.+@([^\\.]+\\.)(.*)$!\\2!i')} 00`,
    },
    { what: 'RFC 7553 4.5: URI', line: 'a URI 10 1 "ftp://a.example/x"', gets: `000a0001${text('ftp://a.example/x')}` },
    { what: 'RFC 1035 3.3.2: HINFO', line: 'a HINFO "PC x" Linux', gets: `04${text('PC x')}05${text('Linux')}` },
    { what: 'RFC 4408 3.1.1: SPF', line: 'a SPF "v=spf1" "-all"', gets: `06${text('v=spf1')}04${text('-all')}` },
    { what: 'RFC 3597 5: by number', line: 'a TYPE52 \\# 4 03010000', gets: '03010000' },
  ];
  for (const { what, line, gets } of ROWS) {
    test(what, () => assert.equal(wire(line), gets.replaceAll(' ', '')));
  }

  const BAD: [string, RegExp][] = [
    ['a TLSA 3 1 1', /needs its digest/],
    ['a TLSA 256 1 1 00', /the usage is "256"/],
    ['a TLSA 3 1 1 00', /1 octets, and with the matching type 1 it has 32/],
    ['a TLSA 3 1 0 xyz', /not in hex/],
    ['a TLSA 3 1 0 123', /not in hex/],
    [`a SSHFP 4 2 ${SHA1}`, /20 octets, and with the fingerprint type 2 it has 32/],
    [`a DS 1 13 2 ${SHA256}00`, /33 octets, and with the digest type 2 it has 32/],
    ['a DS 1 NONE 2 00', /the algorithm is "NONE"/],
    ['a DNSKEY 256 3 5 A-_=', /not in base64/],
    ['a CERT what 0 0 AQID', /the type is "what"/],
    ['a NAPTR 1 1 "" "" ""', /needs its replacement/],
    ['a NAPTR 1 1 "" "" "" a..b', /empty label/],
    [`a NAPTR 1 1 "" "" "${'x'.repeat(256)}" .`, /more than 255 octets/],
    ['a NAPTR 1 1 "" "" "" . more', /nothing more to say/],
    ['a RRSIG A 1 2', /must be written as/],
    ['a toString 1', /not a record type/],
  ];
  for (const [line, message] of BAD) {
    test(`refuses ${line.slice(0, 40)}`, () => {
      assert.throws(() => parseRecordLine(line), { code: 'invalid-record', message });
    });
  }

  test('any numbers and octets come out as they went in', () => {
    const octet = fc.nat(255);
    const data = fc.uint8Array({ minLength: 1, maxLength: 80 });
    const types = fc.constantFrom('TLSA', 'SMIMEA');
    fc.assert(
      fc.property(types, octet, octet, fc.integer({ min: 3, max: 255 }), data, (type, one, two, three, octets) => {
        const hex = Buffer.from(octets).toString('hex');
        const record = parseRecordLine(`a ${type} ${one} ${two} ${three} ${hex}`);
        assert.equal(codeOf(record), typeCode(type));
        assert.deepEqual(encodeRdata(record), [Uint8Array.of(one, two, three, ...octets)]);
      }),
    );
    fc.assert(
      fc.property(fc.nat(0xffff), octet, octet, data, (flags, protocol, algorithm, octets) => {
        const key = Buffer.from(octets).toString('base64');
        const record = parseRecordLine(`a DNSKEY ${flags} ${protocol} ${algorithm} ${key}`);
        const before = Uint8Array.of(flags >>> 8, flags & 0xff, protocol, algorithm, ...octets);
        assert.deepEqual(encodeRdata(record), [before]);
      }),
    );
  });

  test('whatever stands there, it is a record or an invalid-record', () => {
    const type = fc.constantFrom('TLSA', 'SSHFP', 'DS', 'DNSKEY', 'OPENPGPKEY', 'CERT', 'NAPTR', 'URI', 'HINFO', 'SPF');
    const word = fc.oneof(fc.string(), fc.constantFrom('0', '1', '2', '""', '.', 'AQID', '00', SHA1, SHA256, '\\#'));
    let records = 0;
    fc.assert(
      fc.property(type, fc.array(word, { maxLength: 8 }), (name, parts) => {
        try {
          encodeRdata(parseRecordLine(`a ${name} ${parts.join(' ')}`));
          records += 1;
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'invalid-record');
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(records > 0);
  });
});
