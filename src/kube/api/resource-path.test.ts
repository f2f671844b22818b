import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { namespaces } from './core-kinds.ts';
import { formatKey, parseKey } from './object.ts';
import { leases } from './lease-object.ts';
import { collectionPath, objectPath } from './resource-path.ts';
import { secrets } from './secret.ts';

test('paths', () => {
  assert.equal(collectionPath(secrets, undefined), '/api/v1/secrets');
  assert.equal(collectionPath(secrets, ''), '/api/v1/secrets');
  assert.equal(collectionPath(secrets, 'n'), '/api/v1/namespaces/n/secrets');
  assert.equal(objectPath(leases, { namespace: 'n', name: 'l' }), '/apis/coordination.k8s.io/v1/namespaces/n/leases/l');
  assert.equal(
    objectPath(leases, { namespace: 'n', name: 'l' }, 'status'),
    '/apis/coordination.k8s.io/v1/namespaces/n/leases/l/status',
  );
  assert.equal(objectPath(namespaces, { name: 'n' }), '/api/v1/namespaces/n');
  assert.equal(objectPath(namespaces, { namespace: 'ignored', name: 'n' }), '/api/v1/namespaces/n');
});

test('whatever a name is, the path is of one object, or there is none', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('', '.', '..', '/', 'a/b', '%2e%2e', '?x', '#x', 'ä'));
  fc.assert(
    fc.property(text, text, (namespace, name) => {
      let path: string;
      try {
        path = objectPath(secrets, { namespace, name });
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'kube-invalid');
        return;
      }
      const { pathname, search, hash } = new URL(path, 'https://server');
      assert.deepEqual([pathname.split('/').length, search, hash], [7, '', '']);
      assert.deepEqual(pathname.split('/').slice(4).map(decodeURIComponent), [namespace, 'secrets', name]);
    }),
  );
});

test('a key as text and back', () => {
  assert.equal(formatKey({ namespace: 'n', name: 'a' }), 'n/a');
  assert.equal(formatKey({ name: 'a' }), 'a');
  assert.equal(formatKey({ namespace: '', name: 'a' }), 'a');
  assert.deepEqual(parseKey('n/a'), { namespace: 'n', name: 'a' });
  assert.deepEqual(parseKey('a'), { name: 'a' });
});
