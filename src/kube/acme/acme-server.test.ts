import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AcmeIssuer } from '../schema/acme-issuer.ts';
import { acmeServerOf } from './acme-server.ts';

const URL_ = 'https://ca.example/dir';
const issuer = (more: Partial<AcmeIssuer>): AcmeIssuer => ({
  server: URL_,
  privateKeySecretRef: { name: 'account' },
  ...more,
});
const bundle = Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64');

describe('the server of an issuer', () => {
  test('trusted as the system does, by roots of its own, or by anybody', () => {
    const server = { directoryUrl: URL_, trust: undefined, trustAnyone: false };
    assert.deepEqual(acmeServerOf(issuer({})), { kind: 'server', server });
    assert.deepEqual(acmeServerOf(issuer({ caBundle: '' })), { kind: 'server', server });
    const trust = '-----BEGIN CERTIFICATE-----';
    assert.deepEqual(acmeServerOf(issuer({ caBundle: bundle })), { kind: 'server', server: { ...server, trust } });
    const trusting = { ...server, trustAnyone: true };
    assert.deepEqual(acmeServerOf(issuer({ skipTLSVerify: true })), { kind: 'server', server: trusting });
  });

  for (const [what, more, reason] of [
    ['no URL', { server: 'ca.example' }, 'InvalidURL'],
    ['another scheme', { server: 'ftp://ca.example/dir' }, 'InvalidURL'],
    ['roots, and nobody to be trusted by', { caBundle: bundle, skipTLSVerify: true }, 'InvalidConfig'],
  ] as const) {
    test(what, () => {
      const found = acmeServerOf(issuer(more));
      assert.equal(found.kind === 'invalid' && found.reason, reason);
    });
  }
});
