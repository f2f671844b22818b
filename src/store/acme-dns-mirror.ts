import type { QueryResultRow } from 'pg';
import type { Account, TxtRow } from '../acmedns/ports.ts';
import { AcmeDnsLook, isSameRecord, isSameSlots, subdomainOf } from './acme-dns-look.ts';
import type { AcmeDnsTables } from './acme-dns-postgres.ts';
import { allowFromOfText, keyOfPassword, passwordOfKey } from './acme-dns-rows.ts';
import { type LabelWrites, rowsOfLabel, writesForLabel } from './acme-dns-slots.ts';
import type { RunSql } from './postgres-database.ts';
import type { Needs, WorkingSet } from './postgres-working-set.ts';
import type { Mirror } from './postgres-write-queue.ts';

/**
 * Keeps acme-dns' tables in step with ours, in the transaction of each change: what acme-dns has written since is taken over first, and what
 * changed is written there as acme-dns would have it.
 */
export function createAcmeDnsMirror(tables: AcmeDnsTables): Mirror {
  const { records, txt } = tables;
  const looks = new WeakMap<WorkingSet, AcmeDnsLook>();

  return {
    async read(run, set, needs) {
      const look = new AcmeDnsLook(run, tables);
      looks.set(set, look);
      const usernames = new Set(needs.flatMap((one: Needs) => one.usernames ?? []));
      const labels = new Set(needs.flatMap((one: Needs) => one.labels ?? []));
      for (const { username, subdomain } of set.accounts()) {
        usernames.add(username);
        labels.add(subdomain);
      }
      await takeRecords(look, set, [...usernames]);
      for (const { subdomain } of set.accounts()) labels.add(subdomain);
      await takeLabels(look, set, [...labels]);
    },
    async write(run, set) {
      const look = looks.get(set) ?? new AcmeDnsLook(run, tables);
      await writeRecords(run, records, look, set);
      await writeLabels(run, txt, look, set);
      await look.remember();
    },
  };
}

async function takeRecords(look: AcmeDnsLook, set: WorkingSet, usernames: readonly string[]): Promise<void> {
  if (usernames.length === 0) return;
  const there = await look.records(usernames);
  const seen = await look.seenRecords(usernames);
  const changed = usernames.filter((username) => !isSameRecord(there.get(username), seen.get(username)));
  // First all labels are let go that are not what they were: people may have exchanged some.
  const moved = new Map<string, Account>();
  for (const username of changed) {
    const [before, row] = [set.account(username), there.get(username)];
    if (before === undefined || (row !== undefined && subdomainOf(row) === before.subdomain)) continue;
    set.removeAccount(before);
    moved.set(username, before);
  }
  for (const username of changed) {
    const row = there.get(username);
    if (row === undefined || putRecord(set, row, moved.get(username))) look.seen.usernames.add(username);
  }
}

async function takeLabels(look: AcmeDnsLook, set: WorkingSet, labels: readonly string[]): Promise<void> {
  if (labels.length === 0) return;
  const there = await look.slots(labels);
  const seen = await look.seenSlots(labels);
  for (const label of labels) {
    const [slots, before] = [there.get(label) ?? [], seen.get(label) ?? []];
    if (isSameSlots(slots, before)) continue;
    look.seen.labels.add(label);
    if (set.ownerOf(label) === undefined) continue;
    const known = new Set(before.map(({ value }) => value));
    const kept = set.rows(label).map((row: TxtRow) => ({ ...row, inSlot: known.has(row.value) }));
    set.changeRows(label, rowsOfLabel(slots, kept));
  }
}

async function writeRecords(run: RunSql, records: string, look: AcmeDnsLook, set: WorkingSet): Promise<void> {
  const usernames = [...set.touched.usernames];
  if (usernames.length === 0) return;
  const there = await look.records(usernames);
  const removed = usernames.filter(
    (username) => set.account(username) === undefined && there.get(username) !== undefined,
  );
  if (removed.length > 0) await run(`DELETE FROM ${records} WHERE username = ANY($1)`, [removed]);
  const rows = usernames.flatMap((username) => {
    const account = set.account(username);
    const row = account && recordOf(account, there.get(username));
    return row === undefined || isSameRecord(row, there.get(username)) ? [] : [row];
  });
  for (const username of usernames) look.seen.usernames.add(username);
  if (rows.length === 0) return;
  const column = (name: keyof ReturnType<typeof recordOf>) => rows.map((row) => row[name]);
  await run(
    `INSERT INTO ${records} (username, password, subdomain, allowfrom) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
     ON CONFLICT (username) DO UPDATE SET password = excluded.password, subdomain = excluded.subdomain, allowfrom = excluded.allowfrom`,
    [column('username'), column('password'), column('subdomain'), column('allowfrom')],
  );
}

async function writeLabels(run: RunSql, txt: string, look: AcmeDnsLook, set: WorkingSet): Promise<void> {
  const labels = [...set.touched.labels];
  if (labels.length === 0) return;
  const there = await look.slots(labels);
  const slotsOf = (label: string) => there.get(label) ?? [];
  const gone = labels.filter((label) => set.ownerOf(label) === undefined && slotsOf(label).length > 0);
  if (gone.length > 0) await run(`DELETE FROM ${txt} WHERE subdomain = ANY($1)`, [gone]);
  const writes = labels
    .filter((label) => set.ownerOf(label) !== undefined)
    .map((label): [string, LabelWrites] => [label, writesForLabel(slotsOf(label), [], set.rows(label), true)]);
  const changed = writes.flatMap(([label, write]) => write.slots.map((slot) => ({ label, ...slot })));
  const added = writes.flatMap(([label, write]) => write.newSlots.map((slot) => ({ label, ...slot })));
  if (changed.length > 0) {
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
  }
  if (added.length > 0) {
    await run(
      `INSERT INTO ${txt} (subdomain, value, lastupdate) SELECT * FROM unnest($1::text[], $2::text[], $3::int[])`,
      [added.map(({ label }) => label), added.map(({ value }) => value), added.map(({ lastUpdate }) => lastUpdate)],
    );
  }
  for (const [label, write] of writes) if (write.slots.length + write.newSlots.length > 0) look.seen.labels.add(label);
  for (const label of gone) look.seen.labels.add(label);
}

/** Takes an account as acme-dns, or a person, has made it; false where it cannot be. `moved`: it had another label before. */
function putRecord(set: WorkingSet, row: QueryResultRow, moved: Account | undefined): boolean {
  const username = String(row['username']);
  const before = moved ?? set.account(username);
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
  if (!set.hasLabel(account.subdomain)) {
    set.addAccount(account);
    return true;
  }
  // The label is somebody else's: it stays as it was, and a later look may find the label free.
  if (moved !== undefined && !set.hasLabel(moved.subdomain)) set.addAccount(moved);
  return false;
}

/** The row of an account; what means the same stays as it was written. */
function recordOf({ username, key, subdomain, allowFrom }: Account, there: QueryResultRow | undefined) {
  const password = passwordOfKey(key);
  const list = JSON.stringify(allowFrom);
  const before = there && JSON.stringify(allowFromOfText(there['allowfrom']));
  const allowfrom: unknown = before === list ? there?.['allowfrom'] : list;
  return { username, password, subdomain, allowfrom };
}
