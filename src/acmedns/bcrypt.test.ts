import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, hash } from 'bcryptjs';
import { createBcrypt } from './bcrypt.ts';

const key = 'XTZfehQDeNHFWHQMng_hRK6usJyWu69QtTLU1cu5';

test('a hash is one of acme-dns, and both ways are understood by the library itself', async () => {
  const bcrypt = createBcrypt();
  const made = await bcrypt.hash(key);
  assert.match(made, /^\$2a\$10\$[./A-Za-z0-9]{53}$/);
  assert.ok(await compare(key, made));
  const [right, wrong, none] = await Promise.all([
    bcrypt.compare(key, await hash(key, 4)),
    bcrypt.compare(`${key.slice(1)}x`, made),
    bcrypt.compare(key, 'evercert-sha256:00'),
  ]);
  assert.deepEqual([right, wrong, none], [true, false, false]);
});

test('nobody waits behind more than a hundred keys', async () => {
  const bcrypt = createBcrypt();
  const cheap = await hash(key, 4);
  const results = await Promise.allSettled(Array.from({ length: 120 }, () => bcrypt.compare(key, cheap)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 100);
  for (const result of results.slice(100))
    assert.equal(result.status === 'rejected' && (result.reason as { code?: string }).code, 'too-busy');
  assert.ok(await bcrypt.compare(key, cheap));
});

test('the event loop goes on meanwhile', async () => {
  const bcrypt = createBcrypt();
  await bcrypt.compare(key, '');
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  await Promise.all([bcrypt.hash(key), bcrypt.hash(key)]);
  clearInterval(counting);
  assert.ok(turns > 5, `${turns} turns`);
});
