import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { requestName } from './request-name.ts';

test('a name that fits is kept', () => {
  assert.equal(requestName('leaf', 3), 'leaf-3');
  assert.equal(requestName('a'.repeat(233), 1), `${'a'.repeat(233)}-1`);
});

test('a longer one is cut where a letter stands, and ends in its hash', () => {
  const name = `${'a'.repeat(165)}...${'b'.repeat(85)}`;
  const made = requestName(name, 12);
  assert.match(made, /^a{165}-[0-9a-f]{64}-12$/);
  assert.notEqual(requestName(`${name}x`, 12), made);
});

test('every name of a Certificate gives a name that Kubernetes takes', () => {
  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  const name = fc.array(label, { minLength: 1, maxLength: 8 }).map((labels) =>
    labels
      .join('.')
      .slice(0, 253)
      .replace(/[-.]+$/, ''),
  );
  fc.assert(
    fc.property(name, fc.nat(), (certificate, revision) => {
      const made = requestName(certificate, revision);
      assert.ok(made.length <= 253);
      assert.match(made, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    }),
  );
});
