import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { createBcrypt } from '../acmedns/bcrypt.ts';
import { createCheckPassword, keptPassword } from './user-passwords.ts';

const SECRET = 'correct horse: ß';
const digest = createHash('sha256').update(SECRET).digest('hex');

describe('passwords', () => {
  const kinds: [kind: string, configured: string][] = [
    ['in clear', SECRET],
    ['as a digest', `sha256:${digest}`],
    ['as a digest in capitals', `sha256:${digest.toUpperCase()}`],
    ['as bcrypt', hashSync(SECRET, 4)],
    ['as bcrypt by htpasswd', hashSync(SECRET, 4).replace(/^\$2[ab]\$/, '$2y$')],
  ];
  for (const [kind, configured] of kinds) {
    test(`${kind}: the right one, and no other`, async () => {
      const check = createCheckPassword(new Map([['alice', keptPassword(configured)]]), createBcrypt());
      for (let times = 0; times < 2; times += 1) {
        assert.equal(await check('alice', SECRET), true);
        for (const wrong of ['', SECRET.slice(1), `${SECRET}x`, configured === SECRET ? digest : configured]) {
          assert.equal(await check('alice', wrong), false);
        }
        assert.equal(await check('bob', SECRET), false);
        assert.equal(await check('__proto__', SECRET), false);
      }
    });
  }

  test('bcrypt is computed until a password was right, and not any more then', async () => {
    const computed: string[] = [];
    const bcrypt = {
      compare: async (password: string) => {
        computed.push(password);
        return password === SECRET;
      },
    };
    const check = createCheckPassword(new Map([['alice', keptPassword('$2y$10$x')]]), bcrypt);
    const answers = [];
    for (const password of ['a', SECRET, 'b', SECRET, 'c']) answers.push(await check('alice', password));
    assert.deepEqual(answers, [false, true, false, true, false]);
    assert.deepEqual(computed, ['a', SECRET]);
  });
});
