import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { DomainError } from '../core/error.ts';
import { readableName } from './distinguished-name.ts';
import { parsePrivateKey } from './key.ts';
import { parseCertificate } from './parsed-certificate.ts';
import { toPem } from './pem.ts';
import { samePublicKey } from './public-key.ts';
import { recordedData } from './testing/recorded.ts';

describe('what a certificate says', () => {
  test('a leaf that cert-manager signed', () => {
    const leaf = parseCertificate(recordedData('leaf-tls', 'tls.crt'));
    assert.equal(readableName(leaf.subject), 'CN=leaf.example.org,OU=Web+OU=Shop,O=Example,C=DE');
    assert.equal(readableName(leaf.issuer), 'CN=Example Root');
    assert.deepEqual(leaf.dnsNames, ['leaf.example.org', 'www.leaf.example.org', 'new.leaf.example.org']);
    assert.deepEqual(leaf.ipAddresses, ['192.0.2.7', '2001:db8::7']);
    assert.deepEqual(leaf.uris, ['spiffe://example.org/leaf']);
    assert.deepEqual(leaf.emailAddresses, ['admin@example.org']);
    assert.deepEqual(leaf.usages, ['digital signature', 'server auth', 'client auth']);
    assert.deepEqual([leaf.isCA, leaf.commonName, leaf.subjectKeyId], [false, 'leaf.example.org', undefined]);
    assert.equal(leaf.notAfter - leaf.notBefore, 90 * 86_400_000);
    assert.ok(samePublicKey(leaf.publicKey, parsePrivateKey(recordedData('leaf-tls', 'tls.key'))));
  });

  for (const secret of [
    'leaf-tls',
    'root-tls',
    'shop-tls',
    'edge-tls',
    'acme-nowait-tls',
    'acme-wild-tls',
    'twin-tls',
  ]) {
    test(`${secret}: the same as Node reads`, () => {
      const pem = recordedData(secret, 'tls.crt');
      const [mine, node] = [parseCertificate(pem), new X509Certificate(pem)];
      assert.equal(mine.serial, node.serialNumber.toLowerCase());
      assert.deepEqual([mine.notBefore, mine.notAfter], [node.validFromDate.getTime(), node.validToDate.getTime()]);
      assert.equal(mine.isCA, node.ca);
      assert.ok(mine.publicKey.equals(node.publicKey));
    });
  }

  test('every cut, and every other octet, ends in a value or in an error of its own', () => {
    const { der } = parseCertificate(recordedData('leaf-tls', 'tls.crt'));
    for (let at = 0; at < der.length; at++) {
      const changed = Uint8Array.from(der);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      for (const bytes of [der.subarray(0, at), changed]) {
        try {
          parseCertificate(toPem('CERTIFICATE', bytes));
        } catch (error) {
          assert.ok(error instanceof DomainError && error.code === 'invalid-certificate', String(error));
        }
      }
    }
  });

  for (const text of ['', 'nothing', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n']) {
    test(`${JSON.stringify(text)} is none`, () => {
      assert.throws(
        () => parseCertificate(text),
        (error) => error instanceof DomainError && error.code === 'invalid-certificate',
      );
    });
  }
});
