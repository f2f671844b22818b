import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { encryptRc2Cbc } from './rc2.ts';
import { hasOpenssl } from './testing/openssl.ts';

const hasLegacy = hasOpenssl && spawnSync('openssl', ['list', '-providers', '-provider', 'legacy']).status === 0;

describe('RC2 (RFC 2268 section 5)', () => {
  for (const [key, plain, cipher] of [
    ['ffffffffffffffff', 'ffffffffffffffff', '278b27e42e2f0d49'],
    ['3000000000000000', '1000000000000001', '30649edf9be7d2c2'],
    ['88bca90e90875a7f0f79c384627bafb2', '0000000000000000', '2269552ab0f85ca6'],
  ] as const) {
    test(`key ${key}`, () => {
      const out = encryptRc2Cbc(Buffer.from(key, 'hex'), new Uint8Array(8), Buffer.from(plain, 'hex'));
      assert.equal(Buffer.from(out.subarray(0, 8)).toString('hex'), cipher);
    });
  }

  for (const length of [0, 1, 7, 8, 9, 1000]) {
    test(
      `${length} octets with 40 bits, as openssl does it`,
      { skip: !hasLegacy && 'needs openssl with its legacy provider' },
      () => {
        const [key, iv, plain] = [randomBytes(5), randomBytes(8), randomBytes(length)];
        const args = [
          'enc',
          '-rc2-40-cbc',
          '-provider',
          'legacy',
          '-provider',
          'default',
          '-K',
          key.toString('hex'),
          '-iv',
          iv.toString('hex'),
        ];
        const { status, stdout, stderr } = spawnSync('openssl', args, { input: plain, timeout: 20_000 });
        assert.equal(status, 0, stderr.toString());
        assert.deepEqual(Buffer.from(encryptRc2Cbc(key, iv, plain)), stdout);
      },
    );
  }
});
