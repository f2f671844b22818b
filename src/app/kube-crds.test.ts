import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { kubeCrds } from './kube-crds.ts';

test('deploy/crds.yaml is what `evercert kube crds` prints', () => {
  assert.equal(readFileSync(new URL('../../deploy/crds.yaml', import.meta.url), 'utf8'), kubeCrds());
});
