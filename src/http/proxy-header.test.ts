import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { readProxyHeader } from './proxy-header.ts';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

function version2(commandByte: number, familyByte: number, body: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.length);
  return Buffer.concat([SIGNATURE, Buffer.from([commandByte, familyByte]), length, body]);
}

const V4 = Buffer.from([192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 0, 80]);
const V6 = Buffer.concat([Buffer.from('20010db8000000000000000000000007', 'hex'), Buffer.alloc(16), Buffer.alloc(4)]);
const line = (text: string) => Buffer.from(`${text}\r\n`, 'latin1');

describe('headers', () => {
  const rows: [says: string, bytes: Buffer, source: string | undefined][] = [
    ['1, IPv4', line('PROXY TCP4 192.0.2.7 10.0.0.1 56324 443'), '192.0.2.7'],
    ['1, IPv6', line('PROXY TCP6 2001:db8::7 2001:db8::1 56324 443'), '2001:db8::7'],
    ['1, unknown', line('PROXY UNKNOWN'), undefined],
    ['1, unknown, and more', line('PROXY UNKNOWN ffff::1 ffff::2 65535 65535'), undefined],
    ['2, IPv4', version2(0x21, 0x11, V4), '192.0.2.7'],
    [
      '2, IPv4 with additions',
      version2(0x21, 0x11, Buffer.concat([V4, Buffer.from('0400010102', 'hex')])),
      '192.0.2.7',
    ],
    ['2, IPv6', version2(0x21, 0x21, V6), '2001:db8:0:0:0:0:0:7'],
    ['2, local', version2(0x20, 0x00, Buffer.alloc(0)), undefined],
    ['2, local with an address', version2(0x20, 0x11, V4), undefined],
    ['2, a UNIX socket', version2(0x21, 0x31, Buffer.alloc(216)), undefined],
    ['2, unspecified', version2(0x21, 0x00, Buffer.alloc(0)), undefined],
  ];
  for (const [says, bytes, source] of rows) {
    test(`version ${says}`, () => {
      const rest = Buffer.from('POST /update HTTP/1.1\r\n');
      assert.deepEqual(readProxyHeader(Buffer.concat([bytes, rest])), { kind: 'header', length: bytes.length, source });
      for (let cut = 0; cut < bytes.length; cut += 1) {
        assert.deepEqual(readProxyHeader(bytes.subarray(0, cut)), { kind: 'unfinished' }, `after ${cut} octets`);
      }
    });
  }
});

describe('no headers', () => {
  const rows: [says: string, bytes: Buffer][] = [
    ['HTTP', Buffer.from('POST /update HTTP/1.1\r\n')],
    ['HTTP whose method begins alike', Buffer.from('PROPFIND / HTTP/1.1\r\n')],
    ['TLS', Buffer.from('160301', 'hex')],
    ['another word', line('PROXY TCP5 192.0.2.7 10.0.0.1 1 2')],
    ['IPv6 called IPv4', line('PROXY TCP4 2001:db8::7 2001:db8::1 1 2')],
    ['no address', line('PROXY TCP4 192.0.2.777 10.0.0.1 1 2')],
    ['a port too large', line('PROXY TCP4 192.0.2.7 10.0.0.1 1 65536')],
    ['a port with a zero before it', line('PROXY TCP4 192.0.2.7 10.0.0.1 01 2')],
    ['no ports', line('PROXY TCP4 192.0.2.7 10.0.0.1')],
    ['a word too many', line('PROXY TCP4 192.0.2.7 10.0.0.1 1 2 3')],
    ['two spaces', line('PROXY TCP4  192.0.2.7 10.0.0.1 1 2')],
    ['nothing', line('PROXY ')],
    ['a line without end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}`)],
    ['version 3', version2(0x31, 0x11, V4)],
    ['a command that is none', version2(0x22, 0x11, V4)],
    ['a family that is none', version2(0x21, 0x41, V4)],
    ['IPv4 that is cut', version2(0x21, 0x11, V4.subarray(1))],
    ['IPv6 that is cut', version2(0x21, 0x21, V6.subarray(1))],
    ['too long', version2(0x21, 0x11, Buffer.alloc(5000))],
  ];
  for (const [says, bytes] of rows) test(says, () => assert.deepEqual(readProxyHeader(bytes), { kind: 'none' }));
});

test('any bytes: an answer, an address in it, no more octets taken than there are, and an end to waiting', () => {
  const start = fc.constantFrom(
    Buffer.alloc(0),
    Buffer.from('PROXY TCP4 '),
    Buffer.from('PROXY TCP6 ::1 '),
    SIGNATURE,
    version2(0x21, 0x11, V4),
    version2(0x21, 0x21, V6).subarray(0, 20),
    Buffer.concat([SIGNATURE, Buffer.from([0x21])]),
  );
  const mutation = fc.option(fc.tuple(fc.nat(60), fc.nat(255)));
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 200 }), mutation, (head, tail, change) => {
      const bytes = Buffer.concat([head, tail]);
      if (change !== null && change[0] < bytes.length) bytes[change[0]] = change[1];
      const found = readProxyHeader(bytes);
      if (found.kind === 'header') {
        assert.ok(found.length <= bytes.length);
        if (found.source !== undefined) assert.notEqual(isIP(found.source), 0, found.source);
      }
      if (found.kind === 'unfinished') {
        const long = readProxyHeader(Buffer.concat([bytes, Buffer.alloc(4096)]));
        assert.notEqual(long.kind, 'unfinished');
      }
    }),
    { numRuns: 5000 },
  );
});
