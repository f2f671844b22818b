import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { DomainError } from '../core/error.ts';
import { createCsr, parseCsr } from './csr.ts';
import { generateKey } from './key.ts';
import type { KeyType } from './key.ts';
import { hasOpenssl, openssl } from './testing/openssl.ts';

const NAMES = ['example.org', '*.example.org', 'xn--bcher-kva.example'];

describe('CSR (RFC 2986)', () => {
  for (const type of ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096'] satisfies KeyType[]) {
    test(`openssl verifies one with ${type}`, { skip: !hasOpenssl && 'needs openssl' }, async () => {
      const der = await createCsr({ privateKey: await generateKey(type), names: NAMES });
      const { code, said } = openssl(['req', '-verify', '-noout', '-text', '-inform', 'DER', '-in', 'csr.der'], {
        'csr.der': der,
      });
      assert.equal(code, 0, said);
      assert.match(said, /self-signature verify OK/);
      assert.ok(said.includes(NAMES.map((name) => `DNS:${name}`).join(', ')), said);
      assert.match(said, /Subject: *\n/);
    });
  }

  test('what is written is read back', async () => {
    const privateKey = await generateKey('P-256');
    const csr = await parseCsr(await createCsr({ privateKey, names: NAMES }));
    assert.deepEqual(csr.names, NAMES);
    assert.equal(csr.commonName, undefined);
    assert.deepEqual(csr.otherNames, []);
    assert.equal(csr.verified, true);
    assert.ok(csr.publicKey.equals(createPublicKey(privateKey)));
  });

  const long = `${'a'.repeat(61)}.example`;
  for (const [names, expected] of [
    [['example.org', 'example.net'], 'example.org'],
    [[long, 'short.example'], 'short.example'],
    [[long], undefined],
  ] as const) {
    test(`the common name of ${names.join(', ').slice(0, 40)} is ${expected}`, async () => {
      const csr = await parseCsr(await createCsr({ privateKey: await generateKey('P-256'), names, commonName: true }));
      assert.equal(csr.commonName, expected);
    });
  }

  test('100 names, and the order of them, are kept', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `host-${index}.example.org`);
    const csr = await parseCsr(await createCsr({ privateKey: await generateKey('P-256'), names }));
    assert.deepEqual(csr.names, names);
  });

  test('one whose content was changed after signing is not verified', async () => {
    const der = await createCsr({ privateKey: await generateKey('P-256'), names: ['example.org'] });
    const at = Buffer.from(der).indexOf('example.org');
    der[at] = 'X'.charCodeAt(0);
    const csr = await parseCsr(der);
    assert.deepEqual([csr.names, csr.verified], [['xxample.org'], false]);
  });

  test('other kinds of names are told apart', { skip: !hasOpenssl && 'needs openssl' }, async () => {
    const config =
      '[req]\ndistinguished_name=d\nreq_extensions=e\n[d]\n[e]\nsubjectAltName=DNS:a.example,IP:192.0.2.1,email:a@a.example\n';
    const key = await generateKey('P-256');
    const args = ['req', '-new', '-key', 'key.pem', '-subj', '/CN=a.example', '-config', 'c'];
    const { said } = openssl(args, { 'key.pem': key, c: config });
    const base64 = said.replace(/-----.*-----/g, '').replace(/\s/g, '');
    const csr = await parseCsr(Buffer.from(base64, 'base64'));
    assert.deepEqual(csr.names, ['a.example']);
    assert.deepEqual(csr.otherNames, ['ip:192.0.2.1', 'email:a@a.example']);
    assert.equal(csr.commonName, 'a.example');
  });

  test('bytes that are no CSR get a typed error, whatever they are', async () => {
    const good = await createCsr({ privateKey: await generateKey('P-256'), names: ['example.org'] });
    const mutated = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, octet]) => {
      const copy = Uint8Array.from(good);
      copy[at] = octet;
      return copy;
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), async (bytes) => {
        try {
          await parseCsr(bytes);
        } catch (error) {
          assert.ok(error instanceof DomainError && error.code === 'invalid-csr', String(error));
        }
      }),
      { numRuns: 150 },
    );
  });
});
