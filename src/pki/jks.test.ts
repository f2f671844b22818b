import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { DomainError } from '../core/error.ts';
import { createJksKeyStore, createJksTrustStore } from './jks.ts';
import { recordedData, recordedObject } from './testing/recorded.ts';

const PASSWORD = 'changeit';

/** Everything of a store that neither random salts nor dates are in. */
function outline(store: Buffer): unknown {
  let at = 12;
  const uint32 = (): number => store.readUInt32BE((at += 4) - 4);
  const bytes = (length: number): Buffer => store.subarray(at, (at += length));
  const text = (): string => bytes(store.readUInt16BE((at += 2) - 2)).toString('utf8');
  const certificate = (): string =>
    `${text().replace('.', '')} ${createHash('sha256').update(bytes(uint32())).digest('hex')}`;
  const entries = Array.from({ length: store.readUInt32BE(8) }, () => {
    const tag = uint32();
    const alias = text();
    at += 8;
    if (tag === 2) return { tag, alias, certificates: [certificate()] };
    const keyLength = bytes(uint32()).length;
    return { tag, alias, keyLength, certificates: Array.from({ length: uint32() }, certificate) };
  });
  const digest = createHash('sha1')
    .update(Buffer.from(PASSWORD, 'utf16le').swap16())
    .update('Mighty Aphrodite')
    .update(store.subarray(0, at))
    .digest();
  assert.deepEqual(store.subarray(at), digest, 'the digest at the end');
  return {
    head: store.subarray(0, 8).toString('hex'),
    entries: entries.toSorted((one, other) => (one.alias < other.alias ? -1 : 1)),
  };
}

describe('JKS, as cert-manager made it of the same key and chain', () => {
  const o = {
    privateKey: recordedData('leaf-tls', 'tls.key'),
    chain: recordedData('leaf-tls', 'tls.crt'),
    ca: recordedData('leaf-tls', 'ca.crt'),
    password: PASSWORD,
    alias: 'certificate',
    now: Date.UTC(2026, 10, 24),
  };
  const original = (key: string): Buffer =>
    Buffer.from(recordedObject('Secret', 'leaf-tls').data?.[key] ?? '', 'base64');

  test('the key store', () =>
    assert.deepEqual(outline(Buffer.from(createJksKeyStore(o))), outline(original('keystore.jks'))));
  test('the trust store', () =>
    assert.deepEqual(outline(Buffer.from(createJksTrustStore(o))), outline(original('truststore.jks'))));

  test('without a CA there is the key alone', () => {
    assert.equal(Buffer.from(createJksKeyStore({ ...o, ca: undefined })).readUInt32BE(8), 1);
  });

  test('what is no key, or no certificate, is refused', () => {
    assert.throws(
      () => createJksKeyStore({ ...o, privateKey: 'x' }),
      (error) => error instanceof DomainError && error.code === 'invalid-key',
    );
    assert.throws(
      () => createJksTrustStore({ ...o, ca: 'x' }),
      (error) => error instanceof DomainError && error.code === 'invalid-certificate',
    );
  });
});
