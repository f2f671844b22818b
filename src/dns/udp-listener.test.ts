import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { counterMemory } from './serving-thread.ts';
import { challengeZone, exampleNames, queryFor, SERIAL } from './example-zones.fixture.ts';
import { sumCounters } from './counters.ts';
import { decodeMessage } from './message.ts';
import { Responder } from './responder.ts';
import { datagramHandler } from './udp-listener.ts';

const FROM = { address: '192.0.2.9', family: 'IPv4' as const, port: 5353, size: 0 };

/** A socket that takes packets and, when it is told to, does not get rid of them. */
function handlerWithSink() {
  const sent: { datagram: Uint8Array; port: number; address: string }[] = [];
  const sink = {
    waiting: 0,
    getSendQueueCount: () => sink.waiting,
    send: (datagram: Uint8Array, port: number, address: string) => void sent.push({ datagram, port, address }),
  };
  const options = {
    zones: [challengeZone],
    serial: SERIAL,
    memory: exampleNames().memory,
    foreignZone: 'refused' as const,
  };
  const responder = new Responder(options, new Float64Array(counterMemory()), {
    asked: () => {},
    fault: (error) => assert.fail(String(error)),
  });
  return { sent, sink, responder, handle: datagramHandler(sink, responder) };
}

describe('answers over UDP', () => {
  test('go back to where the question came from', () => {
    const { sent, handle } = handlerWithSink();
    handle(queryFor('one.auth.example.net', 'TXT'), FROM);
    handle(queryFor('nothing.auth.example.net', 'TXT'), { ...FROM, port: 99 });
    assert.deepEqual(
      sent.map(({ datagram, port, address }) => [decodeMessage(datagram).rcode, port, address]),
      [
        ['NOERROR', 5353, '192.0.2.9'],
        ['NXDOMAIN', 99, '192.0.2.9'],
      ],
    );
  });

  test('a packet from port 0 is dropped: an answer to there would throw', () => {
    const { sent, handle, responder } = handlerWithSink();
    handle(queryFor('one.auth.example.net', 'TXT'), { ...FROM, port: 0 });
    assert.equal(sent.length, 0);
    assert.equal(sumCounters([responder.counters]).dropped, 1);
  });

  test('a packet that waits to be sent is not written over', () => {
    const { sent, sink, handle } = handlerWithSink();
    sink.waiting = 1;
    for (let id = 0; id < 1000; id++) handle(queryFor('one.auth.example.net', 'TXT', { id }), FROM);
    assert.deepEqual(
      sent.map(({ datagram }) => decodeMessage(datagram).id),
      Array.from({ length: 1000 }, (_, id) => id),
    );
  });

  test('buffers are used again when nothing waits', () => {
    const { sent, handle } = handlerWithSink();
    for (let id = 0; id < 1000; id++) handle(queryFor('one.auth.example.net', 'TXT', { id }), FROM);
    assert.ok(new Set(sent.map(({ datagram }) => datagram.buffer)).size <= 256);
  });

  test('when the network takes nothing, answers are dropped rather than piled up', () => {
    const { sent, sink, handle, responder } = handlerWithSink();
    sink.waiting = 100_000;
    for (let id = 0; id < 1000; id++) handle(queryFor('one.auth.example.net', 'TXT', { id }), FROM);
    assert.ok(sent.length <= 256);
    assert.equal(sumCounters([responder.counters]).dropped, 1000 - sent.length);
  });
});
