import type { QueryResultRow } from 'pg';
import type { Account, TxtRow } from '../acmedns/ports.ts';
import type { AcmeDnsTables } from './acme-dns-postgres.ts';
import { allowFromOfText, keyOfPassword, passwordOfKey } from './acme-dns-rows.ts';
import { type LabelWrites, rowsOfLabel, type Slot, writesForLabel } from './acme-dns-slots.ts';
import type { RunSql } from './postgres-database.ts';
import type { Needs, WorkingSet } from './postgres-working-set.ts';
import type { Mirror } from './postgres-write-queue.ts';

/**
 * Keeps acme-dns' tables in step with ours, in the transaction of each change: what acme-dns has written since is taken over first, and what
 * changed is written there as acme-dns would have it.
 */
export function createAcmeDnsMirror({ records, txt }: AcmeDnsTables): Mirror {
  /** Locked, so that acme-dns waits if it is about to write the same. */
  const readRecords = `SELECT username, password, subdomain, allowfrom FROM ${records} WHERE username = ANY($1) FOR UPDATE`;
  const readSlots = `SELECT rowid, subdomain, value, lastupdate FROM ${txt} WHERE subdomain = ANY($1) ORDER BY rowid FOR UPDATE`;

  async function slotsOf(run: RunSql, labels: readonly string[]): Promise<Map<string, Slot[]>> {
    const rows = labels.length === 0 ? [] : await run(readSlots, [labels]);
    return new Map([...Map.groupBy(rows, subdomainOf)].map(([label, found]) => [label, found.map(toSlot)]));
  }

  async function takeRecords(run: RunSql, set: WorkingSet, usernames: readonly string[]): Promise<void> {
    if (usernames.length === 0) return;
    const there = new Map((await run(readRecords, [usernames])).map((row) => [String(row['username']), row]));
    const seen = await run('SELECT * FROM evercert.acme_dns_records WHERE username = ANY($1)', [usernames]);
    const before = new Map(seen.map((row) => [String(row['username']), row]));
    const changed = usernames.filter((username) => !isSameRecord(there.get(username), before.get(username)));
    const taken = changed.filter((username) => takeRecord(set, username, there.get(username)));
    await rememberRecords(run, taken);
  }

  async function takeLabels(run: RunSql, set: WorkingSet, labels: readonly string[]): Promise<void> {
    const slots = await slotsOf(run, labels);
    const seen = await run('SELECT * FROM evercert.acme_dns_txt WHERE subdomain = ANY($1) ORDER BY rowid', [labels]);
    const before = Map.groupBy(seen, subdomainOf);
    const changed = labels.filter(
      (label) => !isSameSlots(slots.get(label) ?? [], (before.get(label) ?? []).map(toSlot)),
    );
    for (const label of changed) {
      if (set.ownerOf(label) === undefined) continue;
      const known = new Set((before.get(label) ?? []).map((row) => row['value']));
      const kept = set.rows(label).map((row: TxtRow) => ({ ...row, inSlot: known.has(row.value) }));
      set.changeRows(label, rowsOfLabel(slots.get(label) ?? [], kept));
    }
    await rememberLabels(run, changed);
  }

  async function rememberRecords(run: RunSql, usernames: readonly string[]): Promise<void> {
    if (usernames.length === 0) return;
    await run('DELETE FROM evercert.acme_dns_records WHERE username = ANY($1)', [usernames]);
    await run(
      `INSERT INTO evercert.acme_dns_records SELECT username, password, subdomain, allowfrom FROM ${records} WHERE username = ANY($1)`,
      [usernames],
    );
  }

  async function rememberLabels(run: RunSql, labels: readonly string[]): Promise<void> {
    if (labels.length === 0) return;
    // Also by number: a label that was renamed by hand has taken its rows along.
    await run(
      `DELETE FROM evercert.acme_dns_txt WHERE subdomain = ANY($1) OR rowid IN (SELECT rowid FROM ${txt} WHERE subdomain = ANY($1))`,
      [labels],
    );
    await run(
      `INSERT INTO evercert.acme_dns_txt SELECT rowid, subdomain, value, lastupdate FROM ${txt} WHERE subdomain = ANY($1)`,
      [labels],
    );
  }

  async function writeRecords(run: RunSql, set: WorkingSet): Promise<void> {
    const usernames = [...set.touched.usernames];
    if (usernames.length === 0) return;
    const there = new Map((await run(readRecords, [usernames])).map((row) => [String(row['username']), row]));
    const removed = usernames.filter((username) => set.account(username) === undefined);
    if (removed.length > 0) await run(`DELETE FROM ${records} WHERE username = ANY($1)`, [removed]);
    const put = usernames.flatMap((username) => set.account(username) ?? []);
    const rows = put.map((account) => recordOf(account, there.get(account.username)));
    const column = (name: keyof ReturnType<typeof recordOf>) => rows.map((row) => row[name]);
    if (put.length > 0)
      await run(
        `INSERT INTO ${records} (username, password, subdomain, allowfrom) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
         ON CONFLICT (username) DO UPDATE SET password = excluded.password, subdomain = excluded.subdomain, allowfrom = excluded.allowfrom`,
        [column('username'), column('password'), column('subdomain'), column('allowfrom')],
      );
    await rememberRecords(run, usernames);
  }

  async function writeLabels(run: RunSql, set: WorkingSet): Promise<void> {
    const labels = [...set.touched.labels];
    if (labels.length === 0) return;
    const slots = await slotsOf(run, labels);
    const gone = labels.filter((label) => set.ownerOf(label) === undefined && slots.has(label));
    if (gone.length > 0) await run(`DELETE FROM ${txt} WHERE subdomain = ANY($1)`, [gone]);
    const owned = labels.filter((label) => set.ownerOf(label) !== undefined);
    const writes = owned.map((label): [string, LabelWrites] => [
      label,
      writesForLabel(slots.get(label) ?? [], [], set.rows(label), true),
    ]);
    const changed = writes.flatMap(([label, write]) => write.slots.map((slot) => ({ label, ...slot })));
    const added = writes.flatMap(([label, write]) => write.newSlots.map((slot) => ({ label, ...slot })));
    if (changed.length > 0)
      await run(
        `UPDATE ${txt} SET value = u.value, lastupdate = u.at
         FROM unnest($1::text[], $2::int[], $3::text[], $4::int[]) AS u (label, id, value, at)
         WHERE ${txt}.subdomain = u.label AND ${txt}.rowid = u.id`,
        [
          changed.map(({ label }) => label),
          changed.map(({ id }) => id),
          changed.map(({ value }) => value),
          changed.map(({ lastUpdate }) => lastUpdate),
        ],
      );
    if (added.length > 0)
      await run(
        `INSERT INTO ${txt} (subdomain, value, lastupdate) SELECT * FROM unnest($1::text[], $2::text[], $3::int[])`,
        [added.map(({ label }) => label), added.map(({ value }) => value), added.map(({ lastUpdate }) => lastUpdate)],
      );
    await rememberLabels(run, labels);
  }

  return {
    async read(run, set, needs) {
      const usernames = new Set(needs.flatMap((one: Needs) => one.usernames ?? []));
      const labels = new Set(needs.flatMap((one: Needs) => one.labels ?? []));
      for (const { username, subdomain } of set.accounts()) {
        usernames.add(username);
        labels.add(subdomain);
      }
      await takeRecords(run, set, [...usernames]);
      for (const { subdomain } of set.accounts()) labels.add(subdomain);
      await takeLabels(run, set, [...labels]);
    },
    async write(run, set) {
      await writeRecords(run, set);
      await writeLabels(run, set);
    },
  };
}

/** Takes what acme-dns, or a person, has made of an account, where that can be. */
function takeRecord(set: WorkingSet, username: string, row: QueryResultRow | undefined): boolean {
  const before = set.account(username);
  if (row === undefined) {
    if (before !== undefined) set.removeAccount(before);
    return true;
  }
  const account: Account = {
    createdAt: 0,
    ...before,
    username,
    key: keyOfPassword(row['password']),
    subdomain: subdomainOf(row),
    allowFrom: allowFromOfText(row['allowfrom']),
  };
  if (before?.subdomain === account.subdomain) {
    set.changeAccount(account);
    return true;
  }
  // A label that somebody else has stays with that one; a later look may find it free.
  if (set.hasLabel(account.subdomain)) return false;
  if (before !== undefined) set.removeAccount(before);
  set.addAccount(account);
  return true;
}

/** The row of an account; what means the same stays as it was written. */
function recordOf({ username, key, subdomain, allowFrom }: Account, there: QueryResultRow | undefined) {
  const password = passwordOfKey(key);
  const list = JSON.stringify(allowFrom);
  const before = there && JSON.stringify(allowFromOfText(there['allowfrom']));
  const allowfrom: unknown = before === list ? there?.['allowfrom'] : list;
  return { username, password, subdomain, allowfrom };
}

function isSameRecord(one: QueryResultRow | undefined, other: QueryResultRow | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return ['password', 'subdomain', 'allowfrom'].every((column) => one[column] === other[column]);
}

function isSameSlots(one: readonly Slot[], other: readonly Slot[]): boolean {
  if (one.length !== other.length) return false;
  return one.every(({ id, value, lastUpdate }, index) => {
    const slot = other[index];
    return slot?.id === id && slot.value === value && slot.lastUpdate === lastUpdate;
  });
}

function subdomainOf(row: QueryResultRow): string {
  return String(row['subdomain']);
}

function toSlot(row: QueryResultRow): Slot {
  return { id: Number(row['rowid']), value: String(row['value'] ?? ''), lastUpdate: Number(row['lastupdate'] ?? 0) };
}
