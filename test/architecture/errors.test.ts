import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delegationFaults, errorCodes, isLiteral } from './error-codes.ts';
import { projectText } from './source-files.ts';

const page = projectText('docs/errors.md');

/** First cells in backquotes: rows with four columns are codes, those with two are faults. */
function documented(columns: number): string[] {
  return page.split('\n').flatMap((line) => {
    const cells = line.split(' | ');
    const [, code] = /^\| `([a-z-]+)`$/.exec(cells[0] ?? '') ?? [];
    return cells.length === columns && code !== undefined ? [code] : [];
  });
}

test('every error code in src/ is in docs/errors.md', () => {
  const codes = errorCodes();
  assert.ok(codes.size > 80, String(codes.size));
  assert.deepEqual([...codes.difference(new Set(documented(4)))], []);
});

test('every code in docs/errors.md is in src/, and once on the page', () => {
  assert.deepEqual(
    documented(4).filter((code) => !isLiteral(code)),
    [],
  );
  assert.equal(new Set(documented(4)).size, documented(4).length);
});

test('the same for the faults of a delegation', () => {
  assert.deepEqual(documented(2).toSorted(), [...delegationFaults()].toSorted());
});
