import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { TcpFrames, tcpFrame } from './tcp-frames.ts';

describe('messages on a stream (RFC 1035 4.2.2, RFC 7766 8)', () => {
  test('however the stream is cut, the same messages come out', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(20)), (each, cuts) => {
        const stream = Buffer.concat(each.map(tcpFrame));
        const frames = new TcpFrames(40);
        const out: number[][] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          const chunk = stream.subarray(at, at + cut);
          at += cut;
          out.push(...frames.push(chunk).map((bytes) => [...bytes]));
        }
        assert.deepEqual(
          out,
          each.map((bytes) => [...bytes]),
        );
        assert.equal(frames.unfinished, false);
      }),
    );
  });

  test('a message announced longer than allowed is refused before it comes', () => {
    assert.throws(() => new TcpFrames(100).push(Uint8Array.of(0, 101)), { code: 'dns-malformed' });
    assert.deepEqual(new TcpFrames(100).push(Uint8Array.of(0, 100)), []);
  });

  test('knows when a message has begun', () => {
    const frames = new TcpFrames(100);
    frames.push(Uint8Array.of(0));
    assert.equal(frames.unfinished, true);
    assert.equal(frames.push(Uint8Array.of(1, 7)).length, 1);
    assert.equal(frames.unfinished, false);
  });
});
