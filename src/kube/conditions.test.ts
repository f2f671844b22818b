import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conditionOf, fromTime, isTrue, toTime, withCondition, withoutCondition } from './conditions.ts';

const NOON = Date.parse('2026-11-24T12:00:00.789Z');
const ready = { type: 'Ready', status: 'False', reason: 'DoesNotExist', message: 'no', observedGeneration: 1 } as const;

test('a first condition begins now, in whole seconds', () => {
  assert.deepEqual(withCondition(undefined, ready, NOON), [{ ...ready, lastTransitionTime: '2026-11-24T12:00:00Z' }]);
});

test('the time moves with the status, and not with the reason, the message or the generation', () => {
  const before = withCondition(undefined, ready, NOON);
  const reworded = withCondition(
    before,
    { ...ready, reason: 'Expired', message: 'x', observedGeneration: 2 },
    NOON + 60_000,
  );
  assert.deepEqual(conditionOf(reworded, 'Ready'), {
    type: 'Ready',
    status: 'False',
    reason: 'Expired',
    message: 'x',
    observedGeneration: 2,
    lastTransitionTime: '2026-11-24T12:00:00Z',
  });
  const turned = withCondition(reworded, { ...ready, status: 'True' }, NOON + 60_000);
  assert.equal(conditionOf(turned, 'Ready')?.lastTransitionTime, '2026-11-24T12:01:00Z');
});

test('the others keep their order; one can be taken away', () => {
  const both = withCondition(
    withCondition(undefined, ready, NOON),
    { ...ready, type: 'Issuing', status: 'True' },
    NOON,
  );
  const again = withCondition(both, { ...ready, status: 'True' }, NOON);
  assert.deepEqual(
    again.map(({ type }) => type),
    ['Ready', 'Issuing'],
  );
  assert.equal(isTrue(again, 'Issuing'), true);
  assert.deepEqual(
    withoutCondition(again, 'Issuing').map(({ type }) => type),
    ['Ready'],
  );
});

test('times go there and back; what is none is none', () => {
  assert.equal(fromTime(toTime(NOON)), Date.parse('2026-11-24T12:00:00Z'));
  assert.equal(fromTime('yesterday'), undefined);
  assert.equal(fromTime(undefined), undefined);
});
