import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as chain from './chain.ts';
import { createCsr } from './csr.ts';
import * as issue from './issue.ts';
import { generateKey } from './key.ts';

test('the library that writes certificates is loaded by the first one to be written, not before', async () => {
  const privateKey = await generateKey('P-256');
  assert.ok(chain.parseChain !== undefined && issue.createRoot !== undefined);
  assert.equal(loaded(), false);
  await createCsr({ privateKey, names: ['example.org'] });
  assert.equal(loaded(), true);
});

/** The library's polyfill leaves a mark on a global, which is how a test can see it. */
function loaded(): boolean {
  return 'getMetadata' in Reflect;
}
