import type { QueryResultRow } from 'pg';
import type { AcmeDnsTables } from './acme-dns-postgres.ts';
import type { Slot } from './acme-dns-slots.ts';
import type { RunSql } from './postgres-database.ts';

/** acme-dns' rows as one transaction sees them. They are locked when they are read: acme-dns waits if it is about to write the same. */
export class AcmeDnsLook {
  readonly #run: RunSql;
  readonly #tables: AcmeDnsTables;
  readonly #records = new Map<string, QueryResultRow | undefined>();
  readonly #slots = new Map<string, readonly Slot[]>();
  /** What has to be remembered as seen. */
  readonly seen = { usernames: new Set<string>(), labels: new Set<string>() };

  constructor(run: RunSql, tables: AcmeDnsTables) {
    this.#run = run;
    this.#tables = tables;
  }

  async records(usernames: readonly string[]): Promise<ReadonlyMap<string, QueryResultRow | undefined>> {
    const unknown = usernames.filter((username) => !this.#records.has(username));
    if (unknown.length === 0) return this.#records;
    for (const username of unknown) this.#records.set(username, undefined);
    const sql = `SELECT username, password, subdomain, allowfrom FROM ${this.#tables.records} WHERE username = ANY($1) FOR UPDATE`;
    for (const row of await this.#run(sql, [unknown])) this.#records.set(String(row['username']), row);
    return this.#records;
  }

  async slots(labels: readonly string[]): Promise<ReadonlyMap<string, readonly Slot[]>> {
    const unknown = labels.filter((label) => !this.#slots.has(label));
    if (unknown.length === 0) return this.#slots;
    for (const label of unknown) this.#slots.set(label, []);
    const sql = `SELECT rowid, subdomain, value, lastupdate FROM ${this.#tables.txt} WHERE subdomain = ANY($1) ORDER BY rowid FOR UPDATE`;
    for (const [label, rows] of Map.groupBy(await this.#run(sql, [unknown]), subdomainOf))
      this.#slots.set(label, rows.map(toSlot));
    return this.#slots;
  }

  async seenRecords(usernames: readonly string[]): Promise<ReadonlyMap<string, QueryResultRow>> {
    const rows = await this.#run('SELECT * FROM evercert.acme_dns_records WHERE username = ANY($1)', [usernames]);
    return new Map(rows.map((row) => [String(row['username']), row]));
  }

  async seenSlots(labels: readonly string[]): Promise<ReadonlyMap<string, readonly Slot[]>> {
    const sql = 'SELECT * FROM evercert.acme_dns_txt WHERE subdomain = ANY($1) ORDER BY rowid';
    const rows = await this.#run(sql, [labels]);
    return new Map([...Map.groupBy(rows, subdomainOf)].map(([label, found]) => [label, found.map(toSlot)]));
  }

  /** Whatever acme-dns' tables have now is not taken for a change of somebody else later. */
  async remember(): Promise<void> {
    const { records, txt } = this.#tables;
    const [usernames, labels] = [[...this.seen.usernames], [...this.seen.labels]];
    if (usernames.length > 0) {
      await this.#run('DELETE FROM evercert.acme_dns_records WHERE username = ANY($1)', [usernames]);
      const copy = `SELECT username, password, subdomain, allowfrom FROM ${records} WHERE username = ANY($1)`;
      await this.#run(`INSERT INTO evercert.acme_dns_records ${copy}`, [usernames]);
    }
    if (labels.length > 0) {
      const here = `SELECT rowid, subdomain, value, lastupdate FROM ${txt} WHERE subdomain = ANY($1)`;
      // Also by number: a label that was renamed by hand has taken its rows along.
      await this.#run(
        `DELETE FROM evercert.acme_dns_txt WHERE subdomain = ANY($1) OR rowid = ANY(SELECT rowid FROM (${here}) AS here)`,
        [labels],
      );
      await this.#run(`INSERT INTO evercert.acme_dns_txt ${here}`, [labels]);
    }
  }
}

export function isSameRecord(one: QueryResultRow | undefined, other: QueryResultRow | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return ['password', 'subdomain', 'allowfrom'].every((column) => one[column] === other[column]);
}

export function isSameSlots(one: readonly Slot[], other: readonly Slot[]): boolean {
  if (one.length !== other.length) return false;
  return one.every(({ id, value, lastUpdate }, index) => {
    const slot = other[index];
    return slot?.id === id && slot.value === value && slot.lastUpdate === lastUpdate;
  });
}

export function subdomainOf(row: QueryResultRow): string {
  return String(row['subdomain']);
}

function toSlot(row: QueryResultRow): Slot {
  return { id: Number(row['rowid']), value: String(row['value'] ?? ''), lastUpdate: Number(row['lastupdate'] ?? 0) };
}
