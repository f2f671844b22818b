import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createChallengeZone } from '../../src/acmedns/challenge-zone.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type DomainName, parseDomainName } from '../../src/core/domain-name.ts';
import { createNameTable, type NameTable } from '../../src/dns/name-table.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createSqliteAccountStore } from '../../src/store/sqlite-account-store.ts';

const origin = parseDomainName('auth.example.net');
const domain = parseDomainName('example.org');
const value = (letter: string) => letter.repeat(43);

/** As a process of its own has it: another connection to the file, another table of names. */
function openZone(t: TestContext, file: string) {
  const database = openDatabase(file);
  t.after(() => database.close());
  const names = createNameTable();
  const zone = createChallengeZone({ origin, names, store: createSqliteAccountStore(database), clock: systemClock });
  return { zone, names };
}

async function until(names: NameTable, name: DomainName, expected: readonly string[] | undefined): Promise<void> {
  const deadline = Date.now() + 5000;
  const now = () => JSON.stringify(names.get(name)?.toSorted());
  while (now() !== JSON.stringify(expected) && Date.now() < deadline) await delay(5);
  assert.deepEqual(names.get(name)?.toSorted(), expected);
}

test('what another process does to the delegations is served, and what this one does stays', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-shared-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'evercert.db');
  const [serving, issuing] = [openZone(t, file), openZone(t, file)];
  const own = await serving.zone.registerDelegation(parseDomainName('own.example'));
  await serving.zone.load();
  const stop = new AbortController();
  const fresh = serving.zone.keepFresh(stop.signal);

  const label = await issuing.zone.registerDelegation(domain);
  const name = serving.zone.nameOf(label);
  await until(serving.names, name, []);
  await issuing.zone.presentLocal(label, [value('a'), value('b')]);
  await serving.zone.presentLocal(own, [value('c')]);
  await until(serving.names, name, [value('a'), value('b')]);
  await issuing.zone.removeLocal(label, [value('a')]);
  await until(serving.names, name, [value('b')]);
  await issuing.zone.removeDelegation(domain);
  await until(serving.names, name, undefined);
  assert.deepEqual(serving.names.get(serving.zone.nameOf(own)), [value('c')]);
  stop.abort();
  await fresh;
});
