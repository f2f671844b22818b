import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { DomainError } from '../core/error.ts';
import { bundleChain } from './chain-bundle.ts';
import { createIntermediate, createRoot, issueCertificate } from './issue.ts';
import type { Authority } from './issue.ts';
import { generateKey, parsePrivateKey } from './key.ts';
import { publicHalf } from './public-key.ts';

const VALIDITY = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2027, 0, 1) };

describe('chains, and what is above them', () => {
  let root: Authority;
  let first: Authority;
  let second: Authority;
  let crossSigned: Authority;
  let leaf: string;

  before(async () => {
    root = await createRoot({ ...VALIDITY, commonName: 'root' });
    const other = await createRoot({ ...VALIDITY, commonName: 'other root' });
    first = await createIntermediate({ ...VALIDITY, issuer: root, commonName: 'first' });
    second = await createIntermediate({ ...VALIDITY, issuer: first, commonName: 'second' });
    crossSigned = await createIntermediate({
      ...VALIDITY,
      issuer: other,
      commonName: 'root',
      privateKey: root.privateKey,
    });
    const publicKey = publicHalf(parsePrivateKey(await generateKey('P-256')));
    leaf = await issueCertificate({ ...VALIDITY, issuer: second, publicKey, names: ['example.org'] });
  });

  test('the root is left out and is the CA; the order does not matter, nor does what is there twice', () => {
    for (const parts of [
      [leaf, second.certificate, first.certificate, root.certificate],
      [root.certificate, first.certificate, leaf, second.certificate],
      [first.certificate, root.certificate, leaf, first.certificate, second.certificate, leaf],
    ]) {
      const { chain, ca } = bundleChain(parts.join(''));
      assert.equal(chain, leaf + second.certificate + first.certificate);
      assert.equal(ca, root.certificate);
    }
  });

  test('without a root the topmost certificate is both', () => {
    const { chain, ca } = bundleChain(second.certificate + leaf + first.certificate);
    assert.deepEqual([chain, ca], [leaf + second.certificate + first.certificate, first.certificate]);
  });

  test('a leaf alone has no CA', () => assert.deepEqual(bundleChain(leaf), { chain: leaf, ca: undefined }));

  test('a root alone is its own', () => {
    assert.deepEqual(bundleChain(root.certificate), { chain: root.certificate, ca: root.certificate });
  });

  test('a cross-signed root stays in the chain', () => {
    const { chain, ca } = bundleChain(crossSigned.certificate + first.certificate + second.certificate + leaf);
    assert.deepEqual(
      [chain, ca],
      [leaf + second.certificate + first.certificate + crossSigned.certificate, crossSigned.certificate],
    );
  });

  test('what does not hang together is refused', () => {
    for (const pem of [
      leaf + first.certificate,
      leaf + second.certificate + root.certificate,
      root.certificate + crossSigned.certificate + leaf,
      '',
    ]) {
      assert.throws(
        () => bundleChain(pem),
        (error) => error instanceof DomainError && error.code === 'invalid-certificate',
      );
    }
  });
});
