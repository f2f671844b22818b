import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { DomainError } from '../core/error.ts';
import { parseTokenLines, parseUserLines } from './secret-lines.ts';

const DIGEST = `sha256:${'0a'.repeat(32)}`;
const BCRYPT = '$2y$10$UfCJA9wCOWc8dl2x14h4..tXkZMy0dNOZ5hJBnLhlTY4GNMO0EQHi';

test('tokens, one a line', () => {
  const text = `# for the web servers\r\n\n  0123456789abcdef0123  \n${DIGEST}\n`;
  const tokens = parseTokenLines(text, 'api.registration_tokens');
  assert.deepEqual(
    tokens.map((token) => token.reveal()),
    ['0123456789abcdef0123', DIGEST],
  );
  assert.ok(!JSON.stringify(tokens).includes('0123'));
});

test('users, one a line; a password may have colons', () => {
  const users = parseUserLines(`alice:correct:horse\n#bob:x\nweb-1:${DIGEST}\nbob:${BCRYPT}`, 'api.registration_users');
  assert.deepEqual(
    [...users].map(([name, secret]) => [name, secret.reveal()]),
    [
      ['alice', 'correct:horse'],
      ['web-1', DIGEST],
      ['bob', BCRYPT],
    ],
  );
});

describe('what is no such file is said, without the secret', () => {
  const rows: [parse: typeof parseTokenLines | typeof parseUserLines, text: string, message: RegExp][] = [
    [
      parseTokenLines,
      '# nothing',
      /^k cannot be used: there is no token in its file; make one with: openssl rand -hex 20$/,
    ],
    [
      parseTokenLines,
      'good0123456789abcdef\nweak',
      /^k cannot be used: the token in line 2 of its file is shorter than 16/,
    ],
    [parseTokenLines, 'good0123456789 abcdef', /line 1 of its file has white space/],
    [parseTokenLines, 'sha256:0123456789abcdef', /line 1 of its file has "sha256:" and no 64/],
    [parseUserLines, '\n', /there is no user in its file/],
    [parseUserLines, 'alice', /line 1 of its file is no user/],
    [parseUserLines, ':secret', /line 1 of its file is no user/],
    [parseUserLines, '../x:secret', /line 1 of its file is no user/],
    [parseUserLines, 'alice:', /the user in line 1 of its file has no password/],
    [parseUserLines, 'alice:secret\nalice:secret2', /the user in line 2 of its file is there twice/],
    [parseUserLines, 'alice:$2y$10$secret', /line 1 of its file begins like bcrypt and is none/],
    [parseUserLines, `alice:$2y$17$${'s'.repeat(53)}`, /cost of at most 13/],
    [parseUserLines, 'alice:sha256:secret', /line 1 of its file has "sha256:"/],
  ];
  for (const [parse, text, message] of rows) {
    test(`${parse.name} of ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parse(text, 'k'),
        (error) =>
          error instanceof DomainError &&
          error.code === 'invalid-config' &&
          message.test(error.message) &&
          !/good|weak|secret|alice/.test(error.message),
      );
    });
  }
});

test('any text: secrets, or a DomainError', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const parse of [parseTokenLines, parseUserLines]) {
        try {
          parse(text, 'k');
        } catch (error) {
          assert.ok(error instanceof DomainError, String(error));
        }
      }
    }),
  );
});
