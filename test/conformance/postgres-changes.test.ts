import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createAccount } from '../../src/acmedns/account.ts';
import { createChallengeZone } from '../../src/acmedns/challenge-zone.ts';
import type { ZoneEvent } from '../../src/acmedns/follow-changes.ts';
import { systemClock } from '../../src/core/clock.ts';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { createNameTable } from '../../src/dns/name-table.ts';
import { createPostgresAccountStore } from '../../src/store/postgres-account-store.ts';
import { createPostgresLeases } from '../../src/store/postgres-leases.ts';
import { migratePostgres } from '../../src/store/postgres-migrations.ts';
import { until } from '../cli/until.ts';
import { newPostgresDatabase, withPostgres } from './postgres-under-test.ts';

const origin = parseDomainName('auth.example.net');
const value = (text: string) => text.padEnd(43, '_');
const timeout = 60_000;

async function startNodes(t: TestContext) {
  const open = await newPostgresDatabase(t);
  const [database, other] = [await open(), await open()];
  const names = createNameTable();
  const zone = createChallengeZone({
    origin,
    names,
    store: createPostgresAccountStore(database),
    clock: systemClock,
  });
  const there = createChallengeZone({
    origin,
    names: createNameTable(),
    store: createPostgresAccountStore(other),
    clock: systemClock,
  });
  const events: ZoneEvent['kind'][] = [];
  const keepFresh = () => {
    const stop = new AbortController();
    const fresh = zone.keepFresh(stop.signal, ({ kind }) => events.push(kind));
    t.after(async () => {
      stop.abort();
      await fresh;
    });
  };
  return { zone, names, there, events, keepFresh, run: other.run };
}

withPostgres(() => {
  test('who has missed more than is kept reads everything again, and what is gone goes', { timeout }, async (t) => {
    const { zone, names, there, keepFresh, run } = await startNodes(t);
    const [kept, removed] = [await there.register([]), await there.register([])];
    await zone.load();
    await there.removeAccount(removed.username);
    const added = await there.register([]);
    await there.presentLocal(await there.registerDelegation(parseDomainName('example.org')), [value('x')]);
    await run('DELETE FROM evercert.changes');
    await run('UPDATE evercert.clock SET pruned = version');
    keepFresh();
    await until('what was added is served', () => names.get(zone.nameOf(added.subdomain)) !== undefined);
    await until('what was removed is gone', () => names.get(zone.nameOf(removed.subdomain)) === undefined);
    assert.deepEqual(names.get(zone.nameOf(kept.subdomain)), []);
    await until('it is complete', () => names.complete && names.size === 3);
  });

  test('a database that was put back to an earlier state is what is served then', { timeout }, async (t) => {
    const { zone, names, there, keepFresh, run } = await startNodes(t);
    const [kept, lost] = [await there.register([]), await there.register([])];
    await zone.load();
    keepFresh();
    await until('both are served', () => names.size === 2);
    await run('DELETE FROM evercert.accounts WHERE username = $1', [lost.username]);
    await run('UPDATE evercert.clock SET version = 1');
    await until('it is gone', () => names.size === 1);
    assert.deepEqual(names.get(zone.nameOf(kept.subdomain)), []);
  });

  test('a connection that is ended is made anew, and what came meanwhile is served', { timeout }, async (t) => {
    const { zone, names, there, events, keepFresh, run } = await startNodes(t);
    await zone.load();
    keepFresh();
    const early = await there.register([]);
    await until('it follows', () => names.get(zone.nameOf(early.subdomain)) !== undefined);
    for (let round = 1; round < 4; round += 1) {
      await run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'evercert'
        AND pid <> pg_backend_pid()`);
      await until('it was noticed', () => events.filter((kind) => kind === 'store-lost').length === round);
      const account = await there.register([]);
      await until('it is served', () => names.get(zone.nameOf(account.subdomain)) !== undefined);
      await until('it is complete', () => names.complete);
    }
    assert.deepEqual(events.slice(-2), ['store-lost', 'store-back']);
  });

  test('a notification that gets lost delays a change by a moment only', { timeout }, async (t) => {
    const { zone, names, there, keepFresh, run } = await startNodes(t);
    const { subdomain } = await there.register([]);
    await zone.load();
    keepFresh();
    // As another node does it, without the word to the others.
    await run(
      `WITH t AS (UPDATE evercert.clock SET version = version + 1 RETURNING version),
            c AS (INSERT INTO evercert.changes SELECT version, $1 FROM t)
       INSERT INTO evercert.txt SELECT $1, $2, 5, false`,
      [subdomain, value('quiet')],
    );
    await until('it is served', () => names.get(zone.nameOf(subdomain))?.[0] === value('quiet'));
  });

  test('a change that PostgreSQL refuses takes none of its neighbours along', { timeout }, async (t) => {
    const open = await newPostgresDatabase(t);
    const store = createPostgresAccountStore(await open());
    const accounts = [1, 2, 3].map(() => createAccount([], 0).account);
    for (const account of accounts) await store.addAccount(account);
    const rows = ['good', 'no \0 octet', 'good'].map((text) => [{ value: text, updatedAt: 1, held: false }]);
    const results = await Promise.allSettled(
      accounts.map(({ subdomain }, index) => store.changeTxt(subdomain, () => rows[index] ?? [])),
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal((await store.changeTxt(accounts[2]?.subdomain ?? '', (before) => before))?.rows[0]?.value, 'good');
  });

  test('two nodes that start at the same time make one schema; a newer one is refused', { timeout }, async (t) => {
    const open = await newPostgresDatabase(t);
    await Promise.all([open(), open(), open()]);
    const database = await open();
    await database.run('INSERT INTO evercert.migrations (version) VALUES (1000)');
    await assert.rejects(migratePostgres(database), { code: 'store-too-new' });
  });

  test('a lease: one node at a time, taken over at once by the same node, later by others', { timeout }, async (t) => {
    const open = await newPostgresDatabase(t);
    const database = await open();
    const [one, two] = ['one', 'two'].map((node) => createPostgresLeases({ database, clock: systemClock, node }));
    const first = await one?.tryLease('work');
    assert.ok(first);
    assert.equal(await two?.tryLease('work'), undefined);
    assert.ok(await two?.tryLease('other work'));
    const again = await one?.tryLease('work');
    assert.ok(again, 'whoever had it on this node has ended');
    await first.release();
    assert.equal(await two?.tryLease('work'), undefined, 'the release of an old one frees nothing');
    await again.release();
    const last = await two?.tryLease('work');
    assert.ok(last);
    await database.run(`UPDATE evercert.leases SET expires_at = now() - interval '1 second' WHERE name = 'work'`);
    assert.ok(await one?.tryLease('work'));
    await until('the holder hears of it', () => last.lost.aborted);
    assert.equal(last.lost.reason.code, 'lease-lost');
  });
});
