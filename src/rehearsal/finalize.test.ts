import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { exportPKCS8 } from 'jose';
import { parseChain } from '../pki/chain.ts';
import { createCsr } from '../pki/csr.ts';
import { generateKey } from '../pki/key.ts';
import { expectProblem, useRehearsalCa } from './testing/running-ca.ts';
import type { OrderJson } from './testing/strict-client.ts';

const NAMES = ['example.org', '*.example.org'];
const run = useRehearsalCa({ profiles: { classic: 90 * 86_400_000, brief: 120_000 } });

describe('finalize (RFC 8555 section 7.4)', () => {
  let ready: OrderJson;
  before(async () => {
    ready = await run.account.order(NAMES);
    await run.account.prove(ready, run.present);
  });

  const table: [string, string, () => Promise<Record<string, unknown> | undefined>][] = [
    ['POST-as-GET', 'malformed', async () => undefined],
    ['no CSR', 'malformed', async () => ({})],
    ['a CSR in PEM', 'malformed', async () => ({ csr: '-----BEGIN CERTIFICATE REQUEST-----' })],
    ['bytes that are no CSR', 'badCSR', async () => ({ csr: 'AAAA' })],
    ['a name missing', 'badCSR', async () => ({ csr: (await csr(['example.org'])).toString('base64url') })],
    ['a name more', 'badCSR', async () => ({ csr: (await csr([...NAMES, 'www.example.net'])).toString('base64url') })],
    ['other names', 'badCSR', async () => ({ csr: (await csr(['a.example', 'b.example'])).toString('base64url') })],
    [
      'the account key',
      'badCSR',
      async () => ({ csr: (await csr(NAMES, await exportPKCS8(run.signer.privateKey))).toString('base64url') }),
    ],
    ['a broken signature', 'badCSR', async () => ({ csr: tampered(await csr(NAMES)).toString('base64url') })],
  ];
  for (const [what, type, payload] of table) {
    test(`${what}: ${type}, and the order stays ready`, async () => {
      expectProblem(await run.account.post(ready.finalize, await payload()), 400, type);
      assert.equal((await run.account.get(ready.url)).json['status'], 'ready');
    });
  }

  test('too early, and a second time: orderNotReady', async () => {
    const order = await run.account.order(['early.example.org']);
    expectProblem(
      await run.account.finalize(order, ['early.example.org'], await generateKey('P-256')),
      403,
      'orderNotReady',
    );
    const { order: done } = await run.account.issue(['twice.example.org'], run.present);
    expectProblem(
      await run.account.finalize(done, ['twice.example.org'], await generateKey('P-256')),
      403,
      'orderNotReady',
    );
  });

  test('two at once: one goes through', async () => {
    const order = await run.account.order(['both.example.org']);
    await run.account.prove(order, run.present);
    const key = await generateKey('P-256');
    const answers = await Promise.all([1, 2].map(() => run.account.finalize(order, ['both.example.org'], key)));
    assert.deepEqual(
      answers.map((answer) => answer.status).toSorted((a, b) => a - b),
      [200, 403],
    );
  });

  test('it answers processing, with the way to the order', async () => {
    const order = await run.account.order(['later.example.org']);
    await run.account.prove(order, run.present);
    const answer = await run.account.finalize(order, ['later.example.org'], await generateKey('RSA-2048'));
    assert.deepEqual([answer.json['status'], answer.headers.location], ['processing', order.url]);
    assert.equal((await run.account.settled(order.url, ['processing']))['status'], 'valid');
  });

  test('the profile decides the lifetime', async () => {
    for (const [profile, lifetime] of [
      ['brief', 120_000],
      ['classic', 90 * 86_400_000],
    ] as const) {
      const { chain } = await run.account.issue([`${profile}.example.org`], run.present, { profile });
      const [leaf] = parseChain(chain);
      assert.ok(leaf);
      const now = Date.now();
      assert.ok(Math.abs(leaf.notAfter - now - lifetime) < 10_000);
      assert.ok(leaf.notBefore <= now && now - leaf.notBefore < 3_700_000);
    }
  });
});

/** The same CSR, its signature changed in the last byte. */
function tampered(request: Buffer): Buffer {
  const copy = Buffer.from(request);
  copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1);
  return copy;
}

async function csr(names: readonly string[], privateKey?: string): Promise<Buffer> {
  return Buffer.from(await createCsr({ privateKey: privateKey ?? (await generateKey('P-256')), names }));
}
