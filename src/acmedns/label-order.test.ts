import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createLabelOrder } from './label-order.ts';

const at = (version: number, subdomain = 'a') => ({ subdomain, version });

test('what we did is not undone by what the store tells of the time before', () => {
  const order = createLabelOrder();
  assert.equal(order.isNews(at(5), 'us'), true);
  assert.equal(order.isNews(at(4), 'store'), false);
  assert.equal(order.isNews(at(4, 'b'), 'store'), true);
  assert.equal(order.isNews(at(6), 'store'), true);
});

test('what the store has told is not undone by a call of ours whose answer came late', () => {
  const order = createLabelOrder();
  assert.equal(order.isNews(at(7), 'store'), true);
  order.caughtUp(7);
  assert.equal(order.isNews(at(6), 'us'), false);
  assert.equal(order.isNews(at(8), 'us'), true);
});

test('our own states are remembered until the store has told them, in any letter case', () => {
  const order = createLabelOrder();
  order.isNews(at(5, 'Name'), 'us');
  assert.equal(order.isOurs('name'), true);
  order.caughtUp(4);
  assert.equal(order.isOurs('NAME'), true);
  order.caughtUp(5);
  assert.equal(order.isOurs('name'), false);
});

test('whatever overtakes what, the latest state of a label is served in the end', () => {
  // Each change is ours or another one's; ours come by two ways, in any order, and the store tells in its own.
  const step = fc.record({ ours: fc.boolean(), answerAfter: fc.nat(4), toldAfter: fc.nat(4) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const order = createLabelOrder();
      let served = 0;
      let toldUpTo = 0;
      const last = steps.length;
      for (let now = 1; now <= last + 10; now += 1) {
        for (const [index, { ours, answerAfter }] of steps.entries()) {
          const version = index + 1;
          if (ours && version + answerAfter === now && order.isNews(at(version), 'us')) served = version;
        }
        // The store tells how the label is at the moment it looks.
        const looked = Math.min(now, last);
        const lag = steps[looked - 1]?.toldAfter ?? 0;
        const upTo = Math.max(toldUpTo, Math.min(last, now - lag));
        if (upTo > toldUpTo) {
          if (order.isNews(at(upTo), 'store')) served = upTo;
          order.caughtUp(upTo);
          toldUpTo = upTo;
        }
      }
      assert.equal(served, last);
      assert.equal(order.isOurs('a'), false);
    }),
  );
});

test('after a restart, smaller versions count: the database may have lost a part of its history', () => {
  const order = createLabelOrder();
  order.isNews(at(100, 'mine'), 'us');
  order.caughtUp(99);
  order.restart();
  assert.equal(order.isOurs('mine'), false);
  assert.equal(order.isNews(at(90, 'mine'), 'store'), true);
  order.caughtUp(90);
  assert.equal(order.isNews(at(91), 'us'), true);
  assert.equal(order.isNews(at(90, 'mine'), 'us'), false);
});
