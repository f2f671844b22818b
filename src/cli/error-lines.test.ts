import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorLines } from './error-lines.ts';

const target = 'a4e85577-d1cb-49a0-9f0d-cab226dbe752.auth.example.net.';
const rows: readonly (readonly [what: string, message: string, lines: readonly string[]])[] = [
  ['a short message is one line', 'no', ['no']],
  ['a long one is broken at spaces', 'one two three four five six seven', ['one two three four five', '  six seven']],
  [
    'a record stands on its own',
    'add at your DNS provider:  a.org.  CNAME  b.net.',
    ['add at your DNS provider:', '    a.org.  CNAME  b.net.'],
  ],
  [
    'a record that is too long is broken once, at the type',
    `add:  _acme-challenge.example.org.  CNAME  ${target}`,
    ['add:', '    _acme-challenge.example.org.', `      CNAME  ${target}`],
  ],
  [
    'what follows a record comes below it',
    'add:  a.org.  NS  b.net.; and wait',
    ['add:', '    a.org.  NS  b.net.', '  and wait'],
  ],
];

describe('an error on a terminal', () => {
  for (const [what, message, lines] of rows) test(what, () => assert.deepEqual(errorLines(message, 28), lines));
});
