import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Secret } from '../api/secret.ts';
import type { Certificate } from '../schema/certificate.ts';
import { createOwnWrites } from './own-writes.ts';

const certificate: Certificate = {
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  metadata: { name: 'web', namespace: 'default', generation: 1 },
  spec: { secretName: 'web-tls', issuerRef: { name: 'ca' } },
};
const secretOf = (resourceVersion: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'web-tls', namespace: 'default', resourceVersion },
});

function setUp() {
  const woken: string[] = [];
  let version = '1';
  const writes = createOwnWrites({ wake: (key) => void woken.push(key), versionOf: () => version });
  return { writes, woken, see: (next: string) => void (version = next) };
}

test('a status is an echo only while it is being written, and only when nothing else has changed', async () => {
  const { writes } = setUp();
  const status = { revision: 1 };
  const after = { ...certificate, status: { revision: 1 } };
  const changed = { ...after, metadata: { ...after.metadata, generation: 2 } };
  await writes.status(certificate, status, async () => {
    assert.equal(writes.isStatusEcho('default/web', certificate, after), true);
    assert.equal(writes.isStatusEcho('default/web', certificate, changed), false);
    assert.equal(writes.isStatusEcho('default/web', certificate, { ...after, status: { revision: 2 } }), false);
    assert.equal(writes.isStatusEcho('default/other', certificate, after), false);
  });
  assert.equal(writes.isStatusEcho('default/web', certificate, after), false);
});

test('the change of a Secret that is our own wakes nobody, one by others does', async () => {
  const { writes, woken, see } = setUp();
  await writes.secret(certificate, async () => {
    see('2');
    assert.equal(writes.isDeferred('default/web-tls', 'default/web'), true);
    assert.equal(writes.isDeferred('default/web-tls', 'default/rival'), false);
    return secretOf('2');
  });
  assert.deepEqual(woken, []);
  await writes.secret(certificate, async () => {
    see('4');
    writes.isDeferred('default/web-tls', 'default/web');
    return secretOf('3');
  });
  assert.deepEqual(woken, ['default/web']);
  assert.equal(writes.isDeferred('default/web-tls', 'default/web'), false);
});

test('what comes while a write fails is not lost', async () => {
  const { writes, woken } = setUp();
  const failing = writes.secret(certificate, async () => {
    writes.isDeferred('default/web-tls', 'default/web');
    throw new Error('no');
  });
  await assert.rejects(failing, /no/);
  assert.deepEqual(woken, ['default/web']);
});

test('only who is at work is not woken by what it puts into memory', () => {
  const { writes } = setUp();
  writes.quietly(certificate, () => {
    assert.equal(writes.isAtWork('default/web'), true);
    assert.equal(writes.isAtWork('default/rival'), false);
  });
  assert.equal(writes.isAtWork('default/web'), false);
});
