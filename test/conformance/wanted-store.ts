import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { WantedCertificateStore } from '../../src/issuance/ports.ts';
import { orderRecord } from './order-store.ts';
import type { StoreUnderTest } from './order-store.ts';

const asKept = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The promise of WantedCertificateStore (issuance/ports.ts), for any implementation. */
export function testWantedStore(
  name: string,
  open: (t: TestContext) => StoreUnderTest<WantedCertificateStore> | Promise<StoreUnderTest<WantedCertificateStore>>,
): void {
  describe(`WantedCertificateStore: ${name}`, () => {
    test('what is wanted is listed by id, replaced by id, and removed', async (t) => {
      const { store, reopen } = await open(t);
      assert.deepEqual(await store.listWanted(), []);
      const ids = ['b.example.org', '_wildcard.example.org', 'a.example.org'];
      const wanted = ids.map((id) => ({ certificate: orderRecord({ step: 'created' }, id).certificate }));
      for (const one of wanted) await store.saveWanted(one);
      const changed = {
        certificate: { ...orderRecord({ step: 'created' }, 'a.example.org').certificate, keyType: 'RSA-2048' as const },
        output: '/srv/tls',
      };
      await store.saveWanted(changed);
      await store.removeWanted('b.example.org');
      await store.removeWanted('never.example.org');
      for (const opened of [store, await reopen()]) {
        assert.deepEqual(asKept(await opened.listWanted()), asKept([wanted[1], changed]));
      }
    });
  });
}
