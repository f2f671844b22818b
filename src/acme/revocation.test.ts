import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSigningKey } from './jws.ts';
import { revokeCertificate } from './revocation.ts';
import { directoryAt, refusal } from './testing/scripted-ca.ts';
import { newPrivateKey, withSession } from './testing/with-ca.ts';

const certificateDer = Uint8Array.of(0xfb, 0xef, 0xff);

describe('revokeCertificate, RFC 8555 section 7.6', () => {
  test('by the account, with a reason', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/revoke-cert', {});
    assert.equal(await revokeCertificate(session, { certificateDer, reason: 4 }, signal), 'revoked');
    assert.deepEqual(ca.seen.at(-1)?.payload, { certificate: '--__', reason: 4 });
    assert.equal(ca.seen.at(-1)?.header['kid'], session.accountUrl);
  });

  test('by the certificate’s own key', async (t) => {
    const { ca, client, signal } = await withSession(t);
    ca.script('/revoke-cert', {});
    const key = newPrivateKey();
    assert.equal(await revokeCertificate({ client, privateKey: key }, { certificateDer }, signal), 'revoked');
    assert.deepEqual(ca.seen.at(-1)?.payload, { certificate: '--__' });
    assert.deepEqual(ca.seen.at(-1)?.header['jwk'], createSigningKey(key).jwk);
    assert.equal(ca.seen.at(-1)?.header['kid'], undefined);
  });

  test('one that is revoked already is no error', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/revoke-cert', refusal('alreadyRevoked', 'Certificate already revoked'));
    assert.equal(await revokeCertificate(session, { certificateDer }, signal), 'was-revoked');
  });

  for (const reason of [7, 11, -1, 1.5]) {
    test(`reason ${reason} is refused without a request`, async (t) => {
      const { ca, session, signal } = await withSession(t);
      const before = ca.log.length;
      await assert.rejects(revokeCertificate(session, { certificateDer, reason }, signal), {
        code: 'acme-bad-revocation-reason',
        message: /4 \(superseded\)/,
      });
      assert.equal(ca.log.length, before);
    });
  }

  test('what the CA refuses is told', async (t) => {
    const { ca, session, signal } = await withSession(t);
    ca.script('/revoke-cert', refusal('badRevocationReason', 'unsupported'), refusal('unauthorized', 'not yours', 403));
    await assert.rejects(revokeCertificate(session, { certificateDer, reason: 10 }, signal), {
      code: 'acme-bad-revocation-reason',
    });
    await assert.rejects(revokeCertificate(session, { certificateDer }, signal), { code: 'acme-unauthorized' });
  });

  test('a CA that cannot', async (t) => {
    const { ca, session, clock, signal } = await withSession(t);
    ca.script('/directory', { json: { ...directoryAt(ca.url), revokeCert: undefined } });
    clock.advance(86_400_000);
    await assert.rejects(revokeCertificate(session, { certificateDer }, signal), {
      code: 'acme-unsupported',
      message: /cannot revoke the certificate: its directory has no revokeCert/,
    });
  });
});
