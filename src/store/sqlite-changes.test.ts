import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';
import { createAccount } from '../acmedns/account.ts';
import { createChallengeZone } from '../acmedns/challenge-zone.ts';
import type { Clock } from '../core/clock.ts';
import { parseDomainName } from '../core/domain-name.ts';
import { createNameTable } from '../dns/name-table.ts';
import { LoggedDatabase, openDatabase } from './database.ts';
import { createSqliteAccountStore } from './sqlite-account-store.ts';

/** A clock whose sleepers wake when it is told to. */
function stoppedClock(): Clock & { wake(): void } {
  const sleepers = new Set<() => void>();
  return {
    now: () => 1_800_000_000_000,
    sleep: (_milliseconds, signal) =>
      new Promise((resolve, reject) => {
        sleepers.add(resolve);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    wake() {
      for (const resolve of sleepers) resolve();
      sleepers.clear();
    },
  };
}

const turns = async (count: number) => {
  for (let left = count; left > 0; left -= 1) await nextTurn();
};

test('an update is served once it is acknowledged, also when the log was looked at while the disk was busy with it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-'));
  const database = openDatabase(join(folder, 'x.db'));
  assert.ok(database instanceof LoggedDatabase);
  const stop = new AbortController();
  const clock = stoppedClock();
  const names = createNameTable({ clock });
  const origin = parseDomainName('auth.example.net');
  const store = createSqliteAccountStore(database, clock);
  const { account } = createAccount([], clock.now());
  await store.addAccount(account);
  const zone = createChallengeZone({ origin, names, store, clock });
  await zone.load();
  const fresh = zone.keepFresh(stop.signal);
  t.after(async () => {
    stop.abort();
    await fresh;
    database.close();
    rmSync(folder, { recursive: true });
  });
  await turns(10);

  const asked = Promise.withResolvers<void>();
  const disk = Promise.withResolvers<void>();
  database.syncLog = () => {
    asked.resolve();
    return disk.promise;
  };
  const presented = zone.presentLocal(account.subdomain, ['value']);
  await asked.promise;
  clock.wake();
  await turns(10);
  disk.resolve();
  await presented;
  const name = zone.nameOf(account.subdomain);
  assert.deepEqual(names.get(name), ['value']);

  // Nor does it go again when the log is looked at later.
  clock.wake();
  await turns(10);
  assert.deepEqual(names.get(name), ['value']);
});
