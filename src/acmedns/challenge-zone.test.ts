import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from '../core/clock.ts';
import { parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { createNameTable } from '../dns/name-table.ts';
import { createMemoryAccountStore } from '../../test/conformance/account-store-in-memory.ts';
import { createChallengeZone, type Registration } from './challenge-zone.ts';
import { createAccount } from './account.ts';
import type { AccountStore } from './ports.ts';
import { FRESH_FOR } from './txt-rule.ts';

const origin = parseDomainName('auth.example.net');
const domain = parseDomainName('example.org');
const value = (letter: string) => letter.repeat(43);

/** Time that only moves when told to; whoever sleeps is woken when their time has come. */
function manualClock() {
  let now = 1_700_000_000_000;
  let sleepers: { until: number; wake: () => void }[] = [];
  const asleep = Promise.withResolvers<void>();
  const clock: Clock = {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        sleepers.push({ until: now + milliseconds, wake: resolve });
        asleep.resolve();
      }),
  };
  const advance = (milliseconds: number) => {
    now += milliseconds;
    const awake = sleepers.filter(({ until }) => until <= now);
    sleepers = sleepers.filter(({ until }) => until > now);
    for (const { wake } of awake) wake();
  };
  return { clock, advance, asleep: asleep.promise };
}

function newZone(store: AccountStore = createMemoryAccountStore()) {
  const { clock, advance, asleep } = manualClock();
  const names = createNameTable({ clock });
  const zone = createChallengeZone({ origin, names, store, clock });
  const served = (subdomain: string) => names.get(zone.nameOf(subdomain));
  const update = (
    account: Registration,
    txt: string,
    more: { sources?: string[]; key?: string; subdomain?: string } = {},
  ) =>
    zone.update({
      username: account.username,
      key: account.password,
      sources: ['192.0.2.1'],
      subdomain: account.subdomain,
      txt,
      ...more,
    });
  return { zone, names, store, served, update, advance, asleep };
}

describe('accounts', () => {
  test('a registration is told its names once, and its name exists without values', async () => {
    const { zone, served } = newZone();
    const account = await zone.register(['[2001:db8::]/32']);
    assert.deepEqual(account.allowfrom, ['2001:db8::/32']);
    assert.equal(account.fulldomain, `${account.subdomain}.auth.example.net`);
    assert.deepEqual(served(account.subdomain), []);
  });

  test('an allow list that is none registers nothing', async () => {
    const { zone, names } = newZone();
    await assert.rejects(zone.register(['192.0.2.1']), { code: 'invalid-allow-from' });
    assert.equal(names.size, 0);
  });

  test('an update is served when it is acknowledged', async () => {
    const { zone, served, update } = newZone();
    const account = await zone.register([]);
    assert.deepEqual(await update(account, value('a')), { kind: 'updated', txt: value('a') });
    assert.deepEqual(served(account.subdomain), [value('a')]);
  });

  test('checks in the order of acme-dns: what is wrong first decides', async () => {
    const { zone, served, update } = newZone();
    const account = await zone.register(['192.0.2.0/24']);
    const outside = { sources: ['198.51.100.1'] };
    const cases: [string, Parameters<typeof update>[2], string][] = [
      ['bad txt', { key: 'short' }, 'forbidden'],
      ['bad txt', { key: 'x'.repeat(40) }, 'forbidden'],
      ['bad txt', outside, 'forbidden'],
      [value('a'), outside, 'forbidden'],
      ['bad txt', { subdomain: 'other' }, 'forbidden'],
      [value('a'), { subdomain: account.subdomain.toUpperCase() }, 'forbidden'],
      [value('a'), { subdomain: '' }, 'forbidden'],
      ['bad txt', {}, 'bad-txt'],
      ['', {}, 'bad-txt'],
      [value('a'), {}, 'updated'],
    ];
    for (const [txt, more, kind] of cases)
      assert.equal((await update(account, txt, more)).kind, kind, `${txt} ${kind}`);
    assert.deepEqual(served(account.subdomain), [value('a')]);
  });

  test('usernames in every form that acme-dns takes; unknown ones and none are forbidden', async () => {
    const { zone } = newZone();
    const account = await zone.register([]);
    const ask = async (username: string) =>
      (
        await zone.update({
          username,
          key: account.password,
          sources: [],
          subdomain: account.subdomain,
          txt: value('a'),
        })
      ).kind;
    for (const username of [
      account.username.toUpperCase(),
      `{${account.username}}`,
      account.username.replaceAll('-', ''),
    ]) {
      assert.equal(await ask(username), 'updated');
    }
    for (const username of ['', 'x', account.subdomain]) assert.equal(await ask(username), 'forbidden');
  });

  test('a label edited by hand into something that is no label is told so', async () => {
    const { store, zone, update } = newZone();
    const { account, key } = createAccount([], 0);
    await store.addAccount({ ...account, subdomain: 'nice_name' });
    const registration = { ...account, password: key, subdomain: 'nice_name', fulldomain: '', allowfrom: [] };
    await zone.load();
    assert.deepEqual(await update(registration, value('a')), { kind: 'bad-subdomain' });
  });

  test('a removed account is served and let in no more', async () => {
    const { zone, names, served, update } = newZone();
    const account = await zone.register([]);
    await update(account, value('a'));
    await zone.removeAccount(account.username);
    assert.equal(served(account.subdomain), undefined);
    assert.equal((await update(account, value('b'))).kind, 'forbidden');
    await zone.removeAccount(account.username);
    assert.equal(names.size, 0);
  });
});

describe('durable first, then served', () => {
  test('when the store fails, nothing that was not there is served', async () => {
    const broken = createMemoryAccountStore();
    const fault = new DomainError('store-unavailable', 'the disk is full');
    const { zone, names, served, update } = newZone(broken);
    const account = await zone.register([]);
    await update(account, value('a'));
    broken.changeTxt = () => Promise.reject(fault);
    broken.addAccount = () => Promise.reject(fault);
    broken.addDelegation = () => Promise.reject(fault);
    await assert.rejects(update(account, value('b')), fault);
    await assert.rejects(zone.register([]), fault);
    await assert.rejects(zone.registerDelegation(domain), fault);
    assert.deepEqual([served(account.subdomain), names.size], [[value('a')], 1]);
  });

  test('a name is served by nobody before its change is stored', async () => {
    const slow = createMemoryAccountStore();
    const { zone, served, update } = newZone(slow);
    const account = await zone.register([]);
    const changeTxt = slow.changeTxt.bind(slow);
    const stored = Promise.withResolvers<void>();
    slow.changeTxt = async (subdomain, change) => {
      await stored.promise;
      return changeTxt(subdomain, change);
    };
    const pending = update(account, value('a'));
    assert.deepEqual(served(account.subdomain), []);
    stored.resolve();
    await pending;
    assert.deepEqual(served(account.subdomain), [value('a')]);
  });

  test('another process finds all that was acknowledged', async () => {
    const first = newZone();
    const account = await first.zone.register([]);
    await first.update(account, value('a'));
    const label = await first.zone.registerDelegation(domain);
    await first.zone.presentLocal(label, [value('b')]);

    const second = newZone(first.store);
    assert.deepEqual(await second.zone.load(), { served: 2, unusable: [] });
    assert.deepEqual(second.served(account.subdomain), [value('a')]);
    assert.deepEqual(second.served(label), [value('b')]);
    assert.equal(await second.zone.registerDelegation(domain), label);
    assert.deepEqual(second.served(label), [value('b')]);
  });

  test('while the names are loaded, one that is missing is not denied', async () => {
    const first = newZone();
    await first.zone.register([]);
    const { zone, names } = newZone(first.store);
    const loading = zone.load();
    assert.equal(names.complete, false);
    await loading;
    assert.equal(names.complete, true);
  });

  test('labels that make no name are told and not served', async () => {
    const { store, zone } = newZone();
    await store.addAccount({ ...createAccount([], 0).account, subdomain: 'two..dots' });
    await store.addAccount({ ...createAccount([], 0).account, subdomain: 'Nice-Name' });
    assert.deepEqual(await zone.load(), { served: 1, unusable: ['two..dots'] });
  });
});

describe('answers of our own', () => {
  test('one label for a domain, beside those of accounts', async () => {
    const { zone, served } = newZone();
    const label = await zone.registerDelegation(domain);
    assert.equal(await zone.registerDelegation(domain), label);
    assert.notEqual(await zone.registerDelegation(parseDomainName('example.com')), label);
    assert.deepEqual(served(label), []);
  });

  test('are served until they are taken away; both are idempotent', async () => {
    const { zone, served, advance } = newZone();
    const label = await zone.registerDelegation(domain);
    const many = Array.from({ length: 5 }, (_, index) => value(String(index)));
    await zone.presentLocal(label, many);
    await zone.presentLocal(label, many);
    advance(900 * FRESH_FOR);
    assert.deepEqual(served(label)?.toSorted(), many);
    await zone.removeLocal(label, many.slice(1));
    await zone.removeLocal(label, many.slice(1));
    assert.deepEqual(served(label), many.slice(0, 1));
    await zone.removeDelegation(domain);
    await zone.removeLocal(label, many);
    assert.equal(served(label), undefined);
  });

  test('a label that was never registered is an error, not a name without an owner', async () => {
    const { zone, names } = newZone();
    await assert.rejects(zone.presentLocal('nobody', [value('a')]), { code: 'unknown-label' });
    assert.equal(names.size, 0);
  });
});

test('values that are too old go by themselves, also those that died while nobody looked', async () => {
  const { store, zone, served, update, advance, asleep } = newZone();
  const account = await zone.register([]);
  const late = await zone.register([]);
  for (const letter of ['a', 'b', 'c']) await update(account, value(letter));
  assert.equal(served(account.subdomain)?.length, 3);

  // One more label, whose values died before this process was there.
  const old = (letter: string, updatedAt: number) => ({ value: value(letter), updatedAt, held: false });
  await store.changeTxt(late.subdomain, () => [old('a', 1), old('b', 2), old('c', 3)]);
  await zone.load();
  assert.deepEqual(served(late.subdomain), [value('c'), value('b')]);

  const stop = new AbortController();
  const running = zone.keepFresh(stop.signal);
  await asleep;
  assert.equal((await store.changeTxt(late.subdomain, (rows) => rows))?.rows.length, 2);
  const buried = Promise.withResolvers<void>();
  const changeTxt = store.changeTxt.bind(store);
  store.changeTxt = async (subdomain, change) => {
    const rows = await changeTxt(subdomain, change);
    setImmediate(buried.resolve);
    return rows;
  };
  advance(FRESH_FOR);
  await buried.promise;
  assert.deepEqual(served(account.subdomain), [value('c'), value('b')]);
  stop.abort();
  await running;
});
