import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { tryProcessLock } from './process-lock.ts';

const holder = `
  import { tryProcessLock } from ${JSON.stringify(new URL('process-lock.ts', import.meta.url).href)};
  if (tryProcessLock(process.argv[1]) === undefined) process.exit(3);
  console.log('held');
  setInterval(() => {}, 1000);
`;

test('one process at a time, and a killed holder leaves nothing behind', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'evercert-lock-')), 'a.lock');
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  assert.equal(tryProcessLock(file), undefined);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = tryProcessLock(file);
  assert.ok(lock);
  lock.release();
  tryProcessLock(file)?.release();
});

test('the file is private, and a second try in the same process does not free it', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'evercert-lock-')), 'a.lock');
  const lock = tryProcessLock(file);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal(tryProcessLock(file), undefined);
  const other = spawn(process.execPath, ['--input-type=module', '-e', holder, file], { stdio: 'ignore' });
  assert.deepEqual(await once(other, 'exit'), [3, null]);
  lock?.release();
});

test('one that cannot be taken says where and why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evercert-lock-'));
  assert.throws(() => tryProcessLock(join(folder, 'nowhere', 'a.lock')), {
    code: 'store-unavailable',
    message: /^the lock \S+a\.lock cannot be taken: the file is missing or may not be opened.*; mend that, or name/,
  });
});
