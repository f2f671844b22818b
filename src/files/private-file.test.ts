import assert from 'node:assert/strict';
import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

const newFolder = () => mkdtemp(join(tmpdir(), 'evercert-private-'));

test('a file is written whole, 0600, in a folder made 0700, and replaced without anything left beside it', async () => {
  const folder = join(await newFolder(), 'a', 'b');
  const path = join(folder, 'key.pem');
  assert.equal(await readPrivateFile(path), undefined);
  await writePrivateFile(path, 'one');
  await writePrivateFile(path, new TextEncoder().encode('two'));
  assert.equal(await readPrivateFile(path), 'two');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  assert.deepEqual(await readdir(folder), ['key.pem']);
});

test('many writers at once leave one whole content', async () => {
  const path = join(await newFolder(), 'file');
  const contents = Array.from({ length: 20 }, (_, at) => String(at).repeat(10_000));
  await Promise.all(contents.map((content) => writePrivateFile(path, content)));
  assert.ok(contents.includes((await readPrivateFile(path)) ?? ''));
});

test('what cannot be written or read is one sentence with the path', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'file'), '');
  const below = join(folder, 'file', 'below');
  await assert.rejects(writePrivateFile(below, 'x'), {
    code: 'file-not-writable',
    message: new RegExp(below.slice(0, -6)),
  });
  await assert.rejects(readPrivateFile(folder), { code: 'file-not-readable', message: new RegExp(folder) });
});
