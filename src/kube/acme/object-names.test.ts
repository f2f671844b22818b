import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { derivedName } from './object-names.ts';

test('the same for the same content, and legal whatever it is derived from', () => {
  assert.equal(derivedName('web-1', { a: 1 }), derivedName('web-1', { a: 1 }));
  assert.notEqual(derivedName('web-1', { a: 1 }), derivedName('web-1', { a: 2 }));
  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  const prefix = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  fc.assert(
    fc.property(prefix, fc.jsonValue(), (name, content) => {
      const made = derivedName(name, content);
      assert.ok(made.length <= 63, made);
      assert.match(made, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    }),
  );
});
