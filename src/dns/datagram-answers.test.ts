import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { counterMemory } from './serving-thread.ts';
import { DatagramAnswers } from './datagram-answers.ts';
import { challengeZone, exampleNames, queryFor, SERIAL } from './example-zones.fixture.ts';
import { sumCounters } from './counters.ts';
import { decodeMessage } from './message.ts';
import { Responder } from './responder.ts';

const FROM = { address: '192.0.2.9', family: 'IPv4' as const, port: 5353, size: 0 };

/** A socket that takes packets and, when it is told to, does not get rid of them. */
function answersToSink() {
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
    foreignRate: 0,
  };
  const responder = new Responder(options, new Float64Array(counterMemory()), {
    asked: () => {},
    fault: (error) => assert.fail(String(error)),
  });
  return { sent, sink, responder, answers: new DatagramAnswers(sink, responder) };
}

describe('answers over UDP', () => {
  test('go back to where each question came from, in the same turn of the event loop', async () => {
    const { sent, answers } = answersToSink();
    answers.take(queryFor('one.auth.example.net', 'TXT'), FROM);
    answers.take(queryFor('nothing.auth.example.net', 'TXT'), { ...FROM, port: 99 });
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      sent.map(({ datagram, port, address }) => [decodeMessage(datagram).rcode, port, address]),
      [
        ['NOERROR', 5353, '192.0.2.9'],
        ['NXDOMAIN', 99, '192.0.2.9'],
      ],
    );
  });

  test('a packet from port 0 is dropped: an answer to there would throw', () => {
    const { sent, answers, responder } = answersToSink();
    answers.take(queryFor('one.auth.example.net', 'TXT'), { ...FROM, port: 0 });
    answers.flush();
    assert.equal(sent.length, 0);
    assert.equal(sumCounters([responder.counters]).dropped, 1);
  });

  test('a packet that waits to be sent is not written over', () => {
    const { sent, sink, answers } = answersToSink();
    sink.waiting = 1;
    for (let id = 0; id < 1000; id++) answers.take(queryFor('one.auth.example.net', 'TXT', { id }), FROM);
    answers.flush();
    const ids = sent.map(({ datagram }) => decodeMessage(datagram).id);
    assert.deepEqual(
      ids,
      Array.from({ length: 1000 }, (_, id) => id),
    );
  });

  test('buffers are used again when nothing waits', () => {
    const { sent, answers } = answersToSink();
    for (let id = 0; id < 1000; id++) answers.take(queryFor('one.auth.example.net', 'TXT', { id }), FROM);
    answers.flush();
    assert.equal(sent.length, 1000);
    assert.ok(new Set(sent.map(({ datagram }) => datagram.buffer)).size <= 64);
  });

  test('when the network takes nothing, answers are dropped rather than piled up, until it does again', () => {
    const { sent, sink, answers, responder } = answersToSink();
    const ask = (): void => {
      for (let id = 0; id < 1000; id++) answers.take(queryFor('one.auth.example.net', 'TXT', { id }), FROM);
      answers.flush();
    };
    sink.waiting = 100_000;
    ask();
    const before = sent.length;
    assert.ok(before <= 64, `${before} answers wait`);
    assert.equal(sumCounters([responder.counters]).dropped, 1000 - before);
    sink.waiting = 0;
    ask();
    assert.equal(sent.length, before + 1000);
  });
});
