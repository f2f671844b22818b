import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { parseDomainName } from '../../src/core/domain-name.ts';
import type { AccountKeeper } from '../../src/http/account-storage.ts';

const account = {
  fulldomain: 'd420c923.auth.example.net',
  subdomain: 'd420c923',
  username: 'eabcdb41-d89f-4580-826f-3e62e9755ef2',
  password: 'pbAXVjlIOE01xbut7YnAbkhMQIkcwoHO0ek2j4Q0',
};
const full = { ...account, server_url: 'https://auth.example.net' };
const [ORG, NET] = [parseDomainName('example.org'), parseDomainName('xn--bcher-kva.example.net')];

/** What is wanted of every AccountKeeper. `open`: the same place anew, as another process has it. */
export function accountKeeperSuite(
  name: string,
  create: (t: TestContext) => Promise<{ keeper: AccountKeeper; open: () => Promise<AccountKeeper> }>,
): void {
  describe(name, () => {
    test('what is put is fetched and listed, also by another process, and each user has its own', async (t) => {
      const { keeper, open } = await create(t);
      assert.deepEqual(await keeper.list('alice'), {});
      assert.equal(await keeper.fetch('alice', ORG), undefined);
      await keeper.put('alice', ORG, full);
      await keeper.put('bob', ORG, { ...full, password: 'p' });
      for (const one of [keeper, await open()]) {
        assert.deepEqual(await one.fetch('alice', ORG), full);
        assert.deepEqual(await one.list('alice'), { [ORG]: full });
        assert.deepEqual(await one.list('bob'), { [ORG]: { ...full, password: 'p' } });
        assert.deepEqual(await one.list('carol'), {});
        assert.equal(await one.fetch('alice', NET), undefined);
      }
    });

    test('an account without the URL of its server', async (t) => {
      const { keeper } = await create(t);
      await keeper.put('alice', NET, account);
      assert.equal(JSON.stringify(await keeper.fetch('alice', NET)), JSON.stringify(account));
      assert.equal(JSON.stringify(await keeper.list('alice')), JSON.stringify({ [NET]: account }));
    });

    test('an account is replaced, and taken away', async (t) => {
      const { keeper, open } = await create(t);
      await keeper.put('alice', ORG, full);
      await keeper.put('alice', ORG, { ...full, password: 'another' });
      await keeper.put('alice', NET, full);
      assert.equal((await keeper.fetch('alice', ORG))?.password, 'another');
      assert.deepEqual([await keeper.remove('bob', ORG), await keeper.remove('alice', ORG)], [false, true]);
      assert.equal(await keeper.remove('alice', ORG), false);
      assert.deepEqual(await (await open()).list('alice'), { [NET]: full });
    });

    test('many at once: none is lost', async (t) => {
      const { keeper, open } = await create(t);
      const domains = Array.from({ length: 30 }, (_, index) => parseDomainName(`n${index}.example.org`));
      await Promise.all(domains.map((domain) => keeper.put('alice', domain, full)));
      assert.deepEqual(Object.keys(await (await open()).list('alice')).toSorted(), domains.toSorted());
    });
  });
}
