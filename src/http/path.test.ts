import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readPath } from './path.ts';

const rows: [written: string, path: string, token?: string][] = [
  ['/update', '/update'],
  ['/update?x=1', '/update'],
  ['//update', '/update'],
  ['/Update/', '/update'],

  ['/', '/'],
  ['//', '/'],
  ['/t/Secret/register', '/register', 'Secret'],
  ['//t//Secret//register//', '/register', 'Secret'],
  ['/T/Sec%2Fret/Register', '/register', 'Sec/ret'],
  ['/t/%E4/register', '/register', '%E4'],
  ['/t/Secret', '/', 'Secret'],
  ['/t/Secret/', '/', 'Secret'],
  ['/t/Secret/storage/example.org', '/storage/example.org', 'Secret'],
  ['/t/a/t/b/register', '/t/b/register', 'a'],
  ['/t', '/t'],
  ['/t/', '/t'],
  ['/test/x', '/test/x'],
];
for (const [written, path, token] of rows) {
  test(`${written} is ${path}`, () => {
    for (const host of ['http://api.example.net', 'https://[::1]:8443']) {
      assert.deepEqual(readPath(host + written), { path, token });
    }
  });
}

test('any URL has a path that begins with a slash, has none at its end, and no two in a row', () => {
  const piece = fc.oneof(fc.webPath(), fc.constantFrom('/', '//', '/t/', '/T//', '%', '?', '#', '..', 'A'));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const { path } = readPath(`http://x/${pieces.join('')}`);
      assert.match(path, /^\/(?:[^/?#]+(?:\/[^/?#]+)*)?$/);
      assert.equal(path, path.toLowerCase());
    }),
  );
});
