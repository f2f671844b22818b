import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sumCounters } from './counters.ts';
import { challengeZone, exampleNames, name, queryFor, SERIAL } from './example-zones.fixture.ts';
import { decodeMessage, FLAG } from './message.ts';
import { type Asked, Responder } from './responder.ts';
import { counterMemory } from './serving-thread.ts';

function responder(names = exampleNames()) {
  const asked: Asked[] = [];
  const faults: unknown[] = [];
  const options = {
    zones: [challengeZone],
    serial: SERIAL,
    memory: names.memory,
    foreignZone: 'refused' as const,
    foreignRate: 0,
  };
  const tell = { asked: (each: Asked) => void asked.push(each), fault: (error: unknown) => void faults.push(error) };
  return { names, asked, faults, responder: new Responder(options, new Float64Array(counterMemory()), tell) };
}

describe('the responder', () => {
  test('counts what it did', () => {
    const { responder: each } = responder();
    each.fast(queryFor('one.auth.example.net', 'TXT'), new Uint8Array(1232), '');
    each.answer(queryFor('nothing.auth.example.net', 'TXT'), 'udp', '');
    each.answer(queryFor('full.auth.example.net', 'TXT'), 'udp', '');
    each.answer(queryFor('www.example.com', 'TXT'), 'tcp', '');
    each.answer(queryFor('www.example.com', 'TXT', { flags: FLAG.QR }), 'udp', '');
    assert.deepEqual(sumCounters([each.counters, new Float64Array(counterMemory())]), {
      queries: 4,
      overTcp: 1,
      answers: { NOERROR: 2, NXDOMAIN: 1, REFUSED: 1 },
      truncated: 1,
      dropped: 1,
      connectionsCut: 0,
    });
  });

  test('tells who asked for a watched name, and not more often than a person could follow', () => {
    const { names, asked, responder: each } = responder();
    names.watch(name('one.auth.example.net'), true);
    for (let turn = 0; turn < 500; turn++)
      each.fast(queryFor('ONE.auth.example.net', 'TXT'), new Uint8Array(1232), '::ffff:192.0.2.9');
    assert.deepEqual(asked[0], { name: 'one.auth.example.net', from: '192.0.2.9' });
    assert.ok(asked.length >= 50 && asked.length <= 150, `${asked.length} reports`);
  });

  test('a defect is SERVFAIL and a report, not the end of the thread', () => {
    const { faults, responder: each } = responder();
    const query = queryFor('nothing.auth.example.net', 'TXT');
    // Octets that fail when they are looked at stand for a defect anywhere on the way.
    const broken = new Proxy(query, {
      get(target, key) {
        if (key === '20') throw new Error('a defect');
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const reply = each.answer(broken, 'udp', '');
    assert.ok(reply);
    assert.deepEqual([decodeMessage(reply).rcode, decodeMessage(reply).id], ['SERVFAIL', 0x1234]);
    assert.match(String(faults[0]), /a defect/);
  });
});
