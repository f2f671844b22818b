import assert from 'node:assert/strict';
import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { acmeAccountStoreSuite } from '../../test/conformance/acme-account-store.ts';
import { createAcmeAccountFiles } from './acme-account-files.ts';

const newFolder = () => mkdtemp(join(tmpdir(), 'evercert-accounts-'));

acmeAccountStoreSuite('files', async () => {
  const folder = join(await newFolder(), 'accounts');
  return { open: () => createAcmeAccountFiles(folder) };
});

test('an account file is private, and one that is damaged is said so without its content', async () => {
  const folder = join(await newFolder(), 'accounts');
  const store = createAcmeAccountFiles(folder);
  await store.saveAccount('https://ca.example/dir', { privateKey: 'very secret', url: undefined });
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  const [name = ''] = await readdir(folder);
  assert.match(name, /^ca\.example-/);
  assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
  for (const damaged of ['{"privateKey": "very secret"', '[]', '{"url": 3, "privateKey": "very secret"}', '']) {
    await writeFile(join(folder, name), damaged);
    await assert.rejects(store.loadAccount('https://ca.example/dir'), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'account-file-invalid');
      assert.ok(!error.message.includes('very secret'));
      assert.match(error.message, /backup/);
      return true;
    });
  }
});
