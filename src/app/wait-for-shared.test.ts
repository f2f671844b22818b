import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { waitForShared } from './wait-for-shared.ts';

describe('waiting for what is shared', () => {
  test('one that gives up does not take the others along', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const [impatient, patient] = [new AbortController(), new AbortController()];
    const first = waitForShared(promise, impatient.signal);
    const second = waitForShared(promise, patient.signal);
    impatient.abort(new Error('enough'));
    await assert.rejects(first, /enough/);
    resolve('it');
    assert.equal(await second, 'it');
    assert.deepEqual(getEventListeners(patient.signal, 'abort'), []);
  });

  test('a failure reaches all, and who comes with an aborted signal does not wait', async () => {
    const failed = Promise.reject(new Error('no'));
    await assert.rejects(waitForShared(failed, new AbortController().signal), /no/);
    await assert.rejects(waitForShared(new Promise(() => {}), AbortSignal.abort(new Error('gone'))), /gone/);
  });
});
