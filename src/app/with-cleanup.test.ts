import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withCleanup } from './with-cleanup.ts';

describe('what was started is undone', () => {
  test('the newest first, and the result is handed on', async () => {
    const done: string[] = [];
    const result = await withCleanup(async (later) => {
      later(() => done.push('first'));
      later(async () => done.push('second'));
      return 7;
    });
    assert.deepEqual([result, done], [7, ['second', 'first']]);
  });

  test('all of it when the work fails, and a step as well; the first failure is thrown', async () => {
    const done: string[] = [];
    const work = withCleanup(async (later) => {
      later(() => done.push('first'));
      later(() => {
        throw new Error('a step');
      });
      later(() => done.push('last'));
      throw new Error('the work');
    });
    await assert.rejects(work, /the work/);
    assert.deepEqual(done, ['last', 'first']);
  });

  test('a step that fails alone is told', async () => {
    const work = withCleanup(async (later) => later(() => Promise.reject(new Error('a step'))));
    await assert.rejects(work, /a step/);
  });
});
