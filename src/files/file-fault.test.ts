import assert from 'node:assert/strict';
import { mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeFault } from './file-fault.ts';

test('why a file cannot be written, in words and without its path', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-fault-'));
  const rows: [path: string, words: string][] = [
    [join(folder, 'nowhere', 'a'), 'its folder is missing, or on a file system that cannot be written to'],
    [folder, 'a folder has that name'],
    [join(folder, 'n'.repeat(300)), 'the name is too long'],
  ];
  try {
    for (const [path, words] of rows) {
      assert.throws(
        () => writeFileSync(path, ''),
        (error) => writeFault(error) === words,
      );
    }
  } finally {
    rmdirSync(folder);
  }
  assert.equal(writeFault(new Error('something else')), 'something else');
});
