import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csrOf } from './csr-of.ts';

const DER = Buffer.from([0x30, 0x03, 0x02, 0x01, 0x05]);
const pem = (type: string): Buffer =>
  Buffer.from(`-----BEGIN ${type}-----\n${DER.toString('base64')}\n-----END ${type}-----\n`);
const spec = (bytes: Buffer) => ({ spec: { request: bytes.toString('base64') } });

test('a request as PEM, by its old name, and as DER', () => {
  for (const bytes of [pem('CERTIFICATE REQUEST'), pem('NEW CERTIFICATE REQUEST'), DER]) {
    assert.deepEqual(Buffer.from(csrOf(spec(bytes))), DER);
  }
});

test('anything else is refused', () => {
  for (const bytes of [pem('CERTIFICATE'), Buffer.from('request'), Buffer.alloc(0)]) {
    assert.throws(() => csrOf(spec(bytes)), { code: 'invalid-csr' });
  }
});
