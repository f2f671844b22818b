import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { type ChallengeZone, createChallengeZone, type Registration } from '../../src/acmedns/challenge-zone.ts';
import type { ZoneEvent } from '../../src/acmedns/follow-changes.ts';
import type { AccountStore, StoreChange } from '../../src/acmedns/ports.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type DomainName, parseDomainName } from '../../src/core/domain-name.ts';
import { createNameTable, type NameTable } from '../../src/dns/name-table.ts';
import { until } from '../cli/until.ts';

/** Opens the same data anew at each call, as processes and nodes do that share it. */
export type OpenShared = (t: TestContext) => Promise<() => Promise<AccountStore>>;

export interface SharedTraits {
  /** Whether other nodes are waited for. Processes on one machine are not: there, whoever answers is asked. */
  readonly hasNodes: boolean;
}

const origin = parseDomainName('auth.example.net');
const domain = parseDomainName('example.org');
const value = (text: string) => text.padEnd(43, '_');
const timeout = 60_000;

interface Node {
  readonly store: AccountStore;
  readonly zone: ChallengeZone;
  readonly names: NameTable;
  readonly events: readonly ZoneEvent[];
}

/** What AccountStore promises to those who share one (acmedns/ports.ts), for any implementation. */
export function testSharedAccountStore(name: string, open: OpenShared, traits: SharedTraits): void {
  /** With names of its own, kept fresh until the test ends. */
  async function startNode(t: TestContext, store: AccountStore): Promise<Node> {
    const names = createNameTable();
    const zone = createChallengeZone({ origin, names, store, clock: systemClock });
    await zone.load();
    const stop = new AbortController();
    const events: ZoneEvent[] = [];
    const fresh = zone.keepFresh(stop.signal, (event) => events.push(event));
    t.after(async () => {
      stop.abort();
      await fresh;
    });
    return { store, zone, names, events };
  }

  async function twoNodes(t: TestContext): Promise<[Node, Node]> {
    const another = await open(t);
    return [await startNode(t, await another()), await startNode(t, await another())];
  }

  function update({ zone }: Node, account: Registration, txt: string) {
    const { username, password: key, subdomain } = account;
    return zone.update({ username, key, subdomain, txt, sources: [] });
  }

  async function untilServed({ names }: Node, owner: DomainName, expected: readonly string[] | undefined) {
    const now = () => JSON.stringify(names.get(owner)?.toSorted());
    await until(`${owner}: ${JSON.stringify(expected)}`, () => now() === JSON.stringify(expected?.toSorted()));
  }

  describe(`shared AccountStore: ${name}`, () => {
    test('what another one does is served: accounts, values, delegations, removals', { timeout }, async (t) => {
      const [one, two] = await twoNodes(t);
      const account = await one.zone.register([]);
      const owner = one.zone.nameOf(account.subdomain);
      await untilServed(two, owner, []);
      assert.equal((await update(two, account, value('a'))).kind, 'updated');
      assert.deepEqual(two.names.get(owner), [value('a')]);
      await untilServed(one, owner, [value('a')]);
      await update(one, account, value('b'));
      await untilServed(two, owner, [value('a'), value('b')]);
      await two.zone.removeValue(account.subdomain, value('a'));
      await untilServed(one, owner, [value('b')]);

      const label = one.zone.nameOf(await one.zone.registerDelegation(domain));
      await untilServed(two, label, []);
      assert.equal(two.zone.nameOf(await two.zone.registerDelegation(domain)), label);
      await two.zone.presentLocal(label.slice(0, -origin.length - 1), [value('x'), value('y')]);
      await untilServed(one, label, [value('x'), value('y')]);

      await two.zone.removeAccount(account.username);
      await untilServed(one, owner, undefined);
      assert.equal((await update(one, account, value('c'))).kind, 'forbidden');
      await one.zone.removeDelegation(domain);
      await untilServed(two, label, undefined);
      await untilServed(two, owner, undefined);
      assert.deepEqual([one.names.complete, two.names.complete, one.names.size, two.names.size], [true, true, 0, 0]);
    });

    test('one that was removed elsewhere is not brought back by a late update here', { timeout }, async (t) => {
      const [one, two] = await twoNodes(t);
      for (let round = 0; round < 4; round += 1) {
        const account = await one.zone.register([]);
        const owner = one.zone.nameOf(account.subdomain);
        await untilServed(two, owner, []);
        await Promise.all([
          one.zone.removeAccount(account.username),
          ...['a', 'b', 'c'].map((text) => update(two, account, value(text))),
        ]);
        for (const node of [one, two]) await untilServed(node, owner, undefined);
      }
    });

    test('after any number of changes from both sides, both serve what is stored', { timeout }, async (t) => {
      const another = await open(t);
      const nodes = [await startNode(t, await another()), await startNode(t, await another())] as const;
      const accounts = await Promise.all(Array.from({ length: 6 }, () => nodes[0].zone.register([])));
      let seed = 1;
      const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
      const writers = [0, 1, 2, 3].map(async (writer) => {
        for (let round = 0; round < 40; round += 1) {
          const node = nodes[writer % 2 === 0 ? 0 : 1];
          const account = accounts[random(accounts.length)] as Registration;
          const kind = random(20);
          if (kind === 0) await node.zone.removeAccount(account.username);
          else if (kind < 4) await node.zone.removeValue(account.subdomain, value(`v${random(6)}`));
          else await update(node, account, value(`v${random(6)}`));
        }
      });
      await Promise.all(writers);
      const stored = new Map<string, readonly string[]>();
      for await (const page of (await another()).names())
        for (const { subdomain, rows } of page)
          stored.set(
            `${subdomain}.${origin}`,
            rows.map((row) => row.value),
          );
      for (const node of nodes) {
        for (const [owner, values] of stored) await untilServed(node, owner as DomainName, values);
        await until('nothing else is served', () => node.names.size === stored.size);
      }
    });

    test(
      'what happens between names() and changesByOthers() is told, and the signal ends it',
      { timeout },
      async (t) => {
        const another = await open(t);
        const [here, there] = [await another(), await another()];
        const zone = createChallengeZone({ origin, names: createNameTable(), store: there, clock: systemClock });
        const before = await zone.register([]);
        for await (const _ of here.names()) continue;
        const after = await zone.register([]);
        await zone.removeAccount(before.username);
        const stop = new AbortController();
        const told = new Map<string, boolean>();
        let upTo = -1;
        for await (const change of here.changesByOthers(stop.signal)) {
          const { names, removed, upTo: now } = changed(change);
          assert.ok(now >= upTo);
          upTo = now;
          for (const { subdomain } of names) told.set(subdomain, true);
          for (const { subdomain } of removed) told.set(subdomain, false);
          if (told.size === 2) stop.abort();
        }
        assert.deepEqual([told.get(after.subdomain), told.get(before.subdomain)], [true, false]);
      },
    );

    if (traits.hasNodes) {
      test('untilTold resolves when the others serve it', { timeout }, async (t) => {
        const [one, two] = await twoNodes(t);
        const account = await one.zone.register([]);
        const owner = one.zone.nameOf(account.subdomain);
        await untilServed(two, owner, []);
        for (let round = 0; round < 20; round += 1) {
          const row = { value: value(`v${round}`), updatedAt: round, held: false };
          const stored = await one.store.changeTxt(account.subdomain, () => [row]);
          await one.store.untilTold(stored?.version ?? 0);
          assert.deepEqual(two.names.get(owner), [row.value]);
        }
      });
    }
  });
}

function changed(change: StoreChange): StoreChange & { readonly kind: 'changed' } {
  assert.ok(change.kind === 'changed', change.kind);
  return change;
}
