import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { Renewal, RenewalStore } from '../../src/issuance/ports.ts';
import type { StoreUnderTest } from './order-store.ts';

const plain: Renewal = {
  serial: '01ab',
  ca: 'https://ca.example/directory',
  issuedAt: 1,
  at: 1_700_000_000_123,
  reason: 'its time',
};
const suggested: Renewal = { ...plain, window: { start: 5, end: 9 }, askAgainAt: 7 };

/** The promise of RenewalStore (issuance/ports.ts), for any implementation. */
export function testRenewalStore(
  name: string,
  open: (t: TestContext) => StoreUnderTest<RenewalStore> | Promise<StoreUnderTest<RenewalStore>>,
): void {
  describe(`RenewalStore: ${name}`, () => {
    test('the instant chosen is there for the next process, and can be changed and forgotten', async (t) => {
      const { store, reopen } = await open(t);
      assert.equal(await store.loadRenewal('example.org'), undefined);
      for (const renewal of [plain, suggested, plain]) {
        await store.saveRenewal('example.org', renewal);
        await store.saveRenewal('other.example.org', suggested);
        for (const opened of [store, await reopen()])
          assert.deepEqual(await opened.loadRenewal('example.org'), renewal);
      }
      await store.saveRenewal('example.org', undefined);
      for (const opened of [store, await reopen()]) {
        assert.equal(await opened.loadRenewal('example.org'), undefined);
        assert.deepEqual(await opened.loadRenewal('other.example.org'), suggested);
      }
    });
  });
}
