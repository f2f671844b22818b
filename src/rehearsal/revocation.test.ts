import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { importPKCS8 } from 'jose';
import { certificateId } from '../pki/certificate-id.ts';
import { parseChain } from '../pki/chain.ts';
import { createRoot, issueCertificate } from '../pki/issue.ts';
import { generateKey } from '../pki/key.ts';
import { expectProblem, useRehearsalCa } from './testing/running-ca.ts';
import { createSigner } from './testing/strict-client.ts';

const run = useRehearsalCa();

describe('revocation (section 7.6) and renewal information (RFC 9773)', () => {
  test('by the account; once; the window then lies in the past', async () => {
    const { chain } = await run.account.issue(['revoked.example.org'], run.present);
    for (const reason of [7, 2, -1, '1', null]) {
      expectProblem(
        await run.account.post('/revoke-cert', { certificate: der(chain), reason }),
        400,
        'badRevocationReason',
      );
    }
    assert.ok(Date.parse((await renewal(chain)).start) > Date.now());
    const answer = await run.account.post('/revoke-cert', { certificate: der(chain), reason: 1 });
    assert.deepEqual([answer.status, answer.text], [200, '']);
    assert.ok(Date.parse((await renewal(chain)).end) <= Date.now());
    expectProblem(await run.account.post('/revoke-cert', { certificate: der(chain) }), 400, 'alreadyRevoked');
  });

  test('by the key of the certificate, and by no other', async () => {
    const { chain, privateKey } = await run.account.issue(['bykey.example.org'], run.present);
    const wrong = await run.client.post(
      '/revoke-cert',
      { certificate: der(chain) },
      { signer: await createSigner('ES256') },
    );
    expectProblem(wrong, 403, 'unauthorized');
    const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
    const signer = { alg: 'ES256', jwk: jwk as never, privateKey: await importPKCS8(privateKey, 'ES256') };
    assert.equal((await run.client.post('/revoke-cert', { certificate: der(chain) }, { signer })).status, 200);
  });

  test('by another account only once it has proven all the names', async () => {
    const { chain } = await run.account.issue(['moved.example.org'], run.present);
    const other = await run.client.register(await createSigner('ES256'));
    expectProblem(await other.post('/revoke-cert', { certificate: der(chain) }), 403, 'unauthorized');
    await other.prove(await other.order(['moved.example.org']), run.present);
    assert.equal((await other.post('/revoke-cert', { certificate: der(chain) })).status, 200);
  });

  test('a certificate of another CA is not known', async () => {
    const validity = { notBefore: Date.now(), notAfter: Date.now() + 60_000 };
    const issuer = await createRoot({ ...validity, commonName: 'other' });
    const publicKey = createPublicKey(await generateKey('P-256'));
    const chain = await issueCertificate({ ...validity, issuer, publicKey, names: ['example.org'] });
    expectProblem(await run.account.post('/revoke-cert', { certificate: der(chain) }), 404, 'malformed');
    expectProblem(await run.client.send('GET', '/renewal-info/AAAA.AAAA'), 404, 'malformed');
  });

  test('a certificate is replaced by one order at a time, of the same account, with a name in common', async () => {
    const { chain } = await run.account.issue(['renewed.example.org'], run.present);
    const [leaf] = parseChain(chain);
    assert.ok(leaf);
    const identifiers = (value: string) => ({ identifiers: [{ type: 'dns', value }], replaces: certificateId(leaf) });
    expectProblem(await run.account.post('/new-order', identifiers('else.example.org')), 400, 'malformed');
    const other = await run.client.register(await createSigner('ES256'));
    expectProblem(await other.post('/new-order', identifiers('renewed.example.org')), 400, 'malformed');
    const first = await run.account.post('/new-order', identifiers('renewed.example.org'));
    assert.deepEqual([first.status, first.json['replaces']], [201, certificateId(leaf)]);
    expectProblem(await run.account.post('/new-order', identifiers('renewed.example.org')), 409, 'alreadyReplaced');
    // Once the first cannot succeed any more, another may.
    await run.account.post(String((first.json['authorizations'] as string[])[0]), { status: 'deactivated' });
    await run.account.get(String(first.headers.location));
    assert.equal((await run.account.post('/new-order', identifiers('renewed.example.org'))).status, 201);
  });
});

function der(chain: string): string {
  return Buffer.from(parseChain(chain)[0]?.der ?? []).toString('base64url');
}

async function renewal(chain: string): Promise<{ start: string; end: string }> {
  const [leaf] = parseChain(chain);
  assert.ok(leaf);
  const { json } = await run.client.send('GET', `/renewal-info/${certificateId(leaf)}`);
  return json['suggestedWindow'] as { start: string; end: string };
}
