import type { DatabaseSync } from 'node:sqlite';
import type { AccountStore, StoredName, TxtRow } from '../acmedns/ports.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { passwordOfKey } from './acme-dns-rows.ts';
import { type KeptRow, rowsOfLabel, type Slot, writesForLabel } from './acme-dns-slots.ts';
import { optionalAccount, toAccount, toKept, toSlot } from './acme-dns-sqlite-rows.ts';
import { prepareAcmeDnsStatements } from './acme-dns-sqlite-statements.ts';
import { createSqliteAccess } from './sqlite-access.ts';
import { createSqliteChanges } from './sqlite-changes.ts';
import { accountExists, sqliteFault } from './sqlite-fault.ts';
import { accountPages, namePages } from './sqlite-pages.ts';
import { txtDifference } from './txt-difference.ts';

/**
 * Accounts, TXT values and delegations in acme-dns' own SQLite file, from which acme-dns can go on at any time. `database` comes from
 * openAcmeDnsSqlite, and is closed by who opened it.
 */
export function createAcmeDnsSqliteStore(database: DatabaseSync, clock: Clock = systemClock): AccountStore {
  const access = createSqliteAccess(database, () => changes.settled());
  const { read, write } = access;
  const sql = prepareAcmeDnsStatements(database);
  const changes = createSqliteChanges({
    database,
    clock,
    read: readName,
    translated: sqliteFault,
    table: 'evercert_changes',
    othersWrite: true,
  });

  function isAccountLabel(subdomain: string): boolean {
    return sql.findByLabel.get(subdomain) !== undefined;
  }

  function isLabel(subdomain: string): boolean {
    return isAccountLabel(subdomain) || sql.findDelegationLabel.get(subdomain) !== undefined;
  }

  function readLabel(subdomain: string): { slots: Slot[]; kept: KeptRow[] } {
    return { slots: sql.findSlots.all(subdomain).map(toSlot), kept: sql.findKept.all(subdomain).map(toKept) };
  }

  function readName(subdomain: string): StoredName | undefined {
    // First, since another process may write in between: what is read is at least as late.
    const version = changes.version();
    if (!isLabel(subdomain)) return undefined;
    const { slots, kept } = readLabel(subdomain);
    return { subdomain, rows: rowsOfLabel(slots, kept), version };
  }

  function writeLabel(subdomain: string, change: (before: readonly TxtRow[]) => readonly TxtRow[]): StoredName {
    const { slots, kept } = readLabel(subdomain);
    const before = rowsOfLabel(slots, kept);
    const rows = change(before);
    const hasSlots = isAccountLabel(subdomain);
    const writes = writesForLabel(slots, kept, rows, hasSlots);
    for (const { id, value, lastUpdate } of writes.slots) sql.setSlot.run(value, lastUpdate, id);
    for (const { value, lastUpdate } of writes.newSlots) sql.addSlot.run(subdomain, value, lastUpdate);
    for (const row of writes.put)
      sql.putKept.run(subdomain, row.value, row.updatedAt, Number(row.held), Number(row.inSlot));
    for (const value of writes.gone) sql.deleteKept.run(subdomain, value);
    const { put, gone, ownersUpdateAt } = txtDifference(before, rows);
    if (ownersUpdateAt !== undefined && hasSlots) sql.noteUpdate.run(ownersUpdateAt, subdomain);
    const changed = put.length > 0 || gone.length > 0;
    return { subdomain, rows, version: changed ? changes.note(subdomain) : changes.version() };
  }

  function forgetLabel(subdomain: string): number {
    for (const statement of [sql.deleteAllSlots, sql.deleteAllKept]) statement.run(subdomain);
    return changes.note(subdomain);
  }

  return {
    keepsBcrypt: true,
    addAccount({ username, key, subdomain, allowFrom, createdAt, lastUpdateAt }) {
      return write(() => {
        if (isLabel(subdomain)) throw accountExists();
        forgetLabel(subdomain);
        sql.addAccount.run(username, Buffer.from(passwordOfKey(key)), subdomain, JSON.stringify(allowFrom));
        sql.putBeside.run(username, createdAt, lastUpdateAt ?? null);
        for (const value of ['', '']) sql.addSlot.run(subdomain, value, 0);
        return changes.note(subdomain);
      });
    },
    findAccount(username) {
      return read(() => optionalAccount(sql.findAccount.get(username)));
    },
    findAccountByLabel(subdomain) {
      return read(() => optionalAccount(sql.findByLabel.get(subdomain)));
    },
    removeAccount(username) {
      return write(() => {
        const row = sql.findAccount.get(username);
        if (row === undefined) return undefined;
        const subdomain = String(row['subdomain']);
        for (const statement of [sql.deleteAccount, sql.deleteBeside]) statement.run(username);
        return { subdomain, version: forgetLabel(subdomain) };
      });
    },
    changeAccount(username, change) {
      return write(() => {
        const before = optionalAccount(sql.findAccount.get(username));
        if (before === undefined) return undefined;
        const { key, allowFrom, createdAt } = change(before);
        if (key !== before.key) sql.setPassword.run(Buffer.from(passwordOfKey(key)), username);
        // What could not be read stays as it was written unless it is replaced.
        if (allowFrom !== before.allowFrom) sql.setAllowFrom.run(JSON.stringify(allowFrom), username);
        if (createdAt !== before.createdAt) sql.putBeside.run(username, createdAt, before.lastUpdateAt ?? null);
        return { ...before, key, allowFrom, createdAt };
      });
    },
    accounts: () => accountPages(access, sql.accountsAfter, toAccount),
    changeTxt(subdomain, change) {
      return write(() => (isLabel(subdomain) ? writeLabel(subdomain, change) : undefined));
    },
    async addDelegation(domain, subdomain) {
      // The common case, and no commit: whatever can be read here is durable, since a COMMIT of this file returns when it is.
      const kept = await read(() => delegationOf(domain));
      if (kept !== undefined) return kept;
      return write(() => {
        const now = delegationOf(domain);
        if (now !== undefined) return now;
        if (isLabel(subdomain)) throw accountExists();
        forgetLabel(subdomain);
        sql.addDelegation.run(domain, subdomain);
        return { subdomain, rows: [], version: changes.note(subdomain) };
      });
    },
    removeDelegation(domain) {
      return write(() => {
        const row = sql.findDelegation.get(domain);
        if (row === undefined) return undefined;
        const subdomain = String(row['subdomain']);
        sql.deleteDelegation.run(domain);
        return { subdomain, version: forgetLabel(subdomain) };
      });
    },
    async *names() {
      try {
        changes.mark();
        const source = { version: () => changes.version(), rowsBetween };
        yield* namePages(sql.accountLabels, source);
        yield* namePages(sql.delegationLabels, source);
      } catch (error) {
        throw sqliteFault(error);
      }
    },
    changesByOthers: (signal) => changes.follow(signal),
    untilTold: async () => {},
  };

  function delegationOf(domain: string): StoredName | undefined {
    const row = sql.findDelegation.get(domain);
    return row && readName(String(row['subdomain']));
  }

  function rowsBetween(last: string, end: string) {
    const slots = Map.groupBy(sql.slotsBetween.all(last, end), (row) => String(row['subdomain']));
    const kept = Map.groupBy(sql.keptBetween.all(last, end), (row) => String(row['subdomain']));
    return (subdomain: string) =>
      rowsOfLabel((slots.get(subdomain) ?? []).map(toSlot), (kept.get(subdomain) ?? []).map(toKept));
  }
}
