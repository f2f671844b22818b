import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AcmeAccountStore } from '../../src/issuance/ports.ts';

const CA = 'https://ca.example/directory';
const KEY = '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n';

/** What every AcmeAccountStore promises. `open` opens the same store again, as after a restart. */
export function acmeAccountStoreSuite(name: string, create: () => Promise<{ open: () => AcmeAccountStore }>): void {
  describe(`AcmeAccountStore: ${name}`, () => {
    test('has nothing at first', async () => {
      const { open } = await create();
      assert.equal(await open().loadAccount(CA), undefined);
    });

    test('keeps a key before it has a URL, and both after, over a restart', async () => {
      const { open } = await create();
      await open().saveAccount(CA, { privateKey: KEY, url: undefined });
      assert.deepEqual(await open().loadAccount(CA), { privateKey: KEY, url: undefined });
      await open().saveAccount(CA, { privateKey: KEY, url: `${CA}/acct/1` });
      assert.deepEqual(await open().loadAccount(CA), { privateKey: KEY, url: `${CA}/acct/1` });
    });

    test('keeps CAs apart, also two of one host', async () => {
      const { open } = await create();
      for (const ca of [CA, `${CA}2`, 'https://ca.example:444/directory']) {
        await open().saveAccount(ca, { privateKey: KEY, url: `${ca}/acct` });
      }
      assert.equal((await open().loadAccount(CA))?.url, `${CA}/acct`);
      assert.equal((await open().loadAccount(`${CA}2`))?.url, `${CA}2/acct`);
      assert.equal(
        (await open().loadAccount('https://ca.example:444/directory'))?.url,
        'https://ca.example:444/directory/acct',
      );
    });
  });
}
