import type { Account, TxtRow } from '../acmedns/ports.ts';
import type { RunSql } from './postgres-database.ts';
import { keyColumns, toAccount, toTxtRows, txtColumn } from './postgres-rows.ts';
import { txtDifference } from './txt-difference.ts';

/** What changes need to know before they are made. */
export interface Needs {
  readonly usernames?: readonly string[];
  readonly domains?: readonly string[];
  readonly labels?: readonly string[];
}

/** Accounts, delegations and labels as they are. */
class State {
  readonly accounts: Map<string, Account>;
  /** Label by domain. */
  readonly delegations: Map<string, string>;
  /** Rows by label. */
  readonly rows: Map<string, readonly TxtRow[]>;

  constructor(from?: State) {
    this.accounts = new Map(from?.accounts);
    this.delegations = new Map(from?.delegations);
    this.rows = new Map(from?.rows);
  }
}

/**
 * What a group of changes is about, in memory: read by one statement, changed by one after the other, and written by few statements,
 * however many changes there were. Only whoever holds the lock of the clock may use one. A change looks before it changes anything, so
 * one that throws has changed nothing.
 */
export class WorkingSet {
  readonly #before: State;
  readonly #now: State;
  /** Whose each label is. */
  readonly #owners = new Map<string, Account | undefined>();
  readonly #changed = { accounts: new Set<string>(), labels: new Map<string, number>() };
  readonly #ownersUpdates = new Map<string, number>();
  #version: number;

  constructor(before: State, version: number) {
    this.#before = before;
    this.#now = new State(before);
    this.#version = version;
    for (const account of before.accounts.values()) this.#owners.set(account.subdomain, account);
    for (const subdomain of before.delegations.values()) this.#owners.set(subdomain, undefined);
  }

  /** Of the latest change. */
  get version(): number {
    return this.#version;
  }

  /** Those that changes are about, as they are now. */
  accounts(): IterableIterator<Account> {
    return this.#now.accounts.values();
  }

  /** What has been changed. An account that is not there any more was removed. */
  get touched(): { readonly usernames: ReadonlySet<string>; readonly labels: ReadonlySet<string> } {
    return { usernames: this.#changed.accounts, labels: new Set(this.#changed.labels.keys()) };
  }

  account(username: string): Account | undefined {
    return this.#now.accounts.get(username);
  }

  delegation(domain: string): string | undefined {
    return this.#now.delegations.get(domain);
  }

  hasLabel(subdomain: string): boolean {
    return this.#owners.has(subdomain);
  }

  /** undefined also for the label of a delegation. */
  ownerOf(subdomain: string): Account | undefined {
    return this.#owners.get(subdomain);
  }

  rows(subdomain: string): readonly TxtRow[] {
    return this.#now.rows.get(subdomain) ?? [];
  }

  /** A new account. Returns the version of its label. */
  addAccount(account: Account): number {
    this.changeAccount(account);
    this.#owners.set(account.subdomain, account);
    return this.#note(account.subdomain);
  }

  changeAccount(account: Account): void {
    this.#now.accounts.set(account.username, account);
    this.#changed.accounts.add(account.username);
  }

  removeAccount({ username, subdomain }: Account): number {
    this.#now.accounts.delete(username);
    this.#changed.accounts.add(username);
    return this.#removeLabel(subdomain);
  }

  addDelegation(domain: string, subdomain: string): number {
    this.#now.delegations.set(domain, subdomain);
    this.#owners.set(subdomain, undefined);
    return this.#note(subdomain);
  }

  removeDelegation(domain: string, subdomain: string): number {
    this.#now.delegations.delete(domain);
    return this.#removeLabel(subdomain);
  }

  changeRows(subdomain: string, rows: readonly TxtRow[]): number {
    const { put, gone, ownersUpdateAt } = txtDifference(this.rows(subdomain), rows);
    if (put.length === 0 && gone.length === 0) return this.#version;
    this.#now.rows.set(subdomain, rows);
    if (ownersUpdateAt !== undefined) this.#noteUpdate(subdomain, ownersUpdateAt);
    return this.#note(subdomain);
  }

  /** The statements that make the database what this is. */
  async write(run: RunSql): Promise<void> {
    await this.#writeOwners(run);
    if (this.#changed.labels.size === 0) return;
    const gone: [string, string][] = [];
    const put: [string, TxtRow][] = [];
    for (const subdomain of this.#changed.labels.keys()) {
      const difference = txtDifference(this.#before.rows.get(subdomain) ?? [], this.rows(subdomain));
      for (const value of difference.gone) gone.push([subdomain, value]);
      for (const row of difference.put) put.push([subdomain, row]);
    }
    await run(WRITE_LABELS, [
      gone.map(([subdomain]) => subdomain),
      gone.map(([, value]) => value),
      put.map(([subdomain]) => subdomain),
      put.map(([, row]) => row.value),
      put.map(([, row]) => row.updatedAt),
      put.map(([, row]) => row.held),
      [...this.#changed.labels.values()],
      [...this.#changed.labels.keys()],
      [...this.#ownersUpdates.keys()],
      [...this.#ownersUpdates.values()],
      this.#version,
    ]);
  }

  async #writeOwners(run: RunSql): Promise<void> {
    const { accounts, delegations } = this.#now;
    // One that has another label now is made anew: two may have exchanged theirs.
    const removed = [...this.#before.accounts.values()].flatMap(({ username, subdomain }) =>
      accounts.get(username)?.subdomain === subdomain ? [] : [username],
    );
    if (removed.length > 0) await run('DELETE FROM evercert.accounts WHERE username = ANY($1)', [removed]);
    const undelegated = [...this.#before.delegations.keys()].filter((domain) => !delegations.has(domain));
    if (undelegated.length > 0) await run('DELETE FROM evercert.delegations WHERE domain = ANY($1)', [undelegated]);
    const put = [...this.#changed.accounts].flatMap((username) => accounts.get(username) ?? []);
    if (put.length > 0) {
      const keys = put.map(({ key }) => keyColumns(key));
      await run(PUT_ACCOUNTS, [
        put.map(({ username }) => username),
        keys.map(([kind]) => kind),
        keys.map(([, hash]) => hash),
        put.map(({ subdomain }) => subdomain),
        put.map(({ allowFrom }) => JSON.stringify(allowFrom)),
        put.map(({ createdAt }) => createdAt),
        put.map(({ lastUpdateAt }) => lastUpdateAt ?? null),
      ]);
    }
    const added = [...delegations].filter(([domain, label]) => this.#before.delegations.get(domain) !== label);
    if (added.length > 0) {
      await run('INSERT INTO evercert.delegations SELECT * FROM unnest($1::text[], $2::text[])', [
        added.map(([domain]) => domain),
        added.map(([, subdomain]) => subdomain),
      ]);
    }
  }

  #removeLabel(subdomain: string): number {
    this.#owners.delete(subdomain);
    this.#now.rows.delete(subdomain);
    this.#ownersUpdates.delete(subdomain);
    return this.#note(subdomain);
  }

  #noteUpdate(subdomain: string, at: number): void {
    const owner = this.#owners.get(subdomain);
    if (owner === undefined) return;
    this.#ownersUpdates.set(subdomain, at);
    const account = this.#now.accounts.get(owner.username) ?? owner;
    this.#now.accounts.set(owner.username, { ...account, lastUpdateAt: at });
  }

  #note(subdomain: string): number {
    this.#version += 1;
    this.#changed.labels.set(subdomain, this.#version);
    return this.#version;
  }
}

const WRITE_LABELS = `
  WITH gone AS (
    DELETE FROM evercert.txt USING unnest($1::text[], $2::text[]) AS g (subdomain, value)
    WHERE txt.subdomain = g.subdomain AND txt.value = g.value
  ), put AS (
    INSERT INTO evercert.txt (subdomain, value, updated_at, held)
    SELECT * FROM unnest($3::text[], $4::text[], $5::bigint[], $6::boolean[])
    ON CONFLICT (subdomain, value) DO UPDATE SET updated_at = excluded.updated_at, held = excluded.held
  ), noted AS (
    INSERT INTO evercert.changes (version, subdomain) SELECT * FROM unnest($7::bigint[], $8::text[])
  ), seen AS (
    UPDATE evercert.accounts SET last_update_at = u.at FROM unnest($9::text[], $10::bigint[]) AS u (subdomain, at)
    WHERE accounts.subdomain = u.subdomain
  )
  UPDATE evercert.clock SET version = $11`;

const PUT_ACCOUNTS = `
  INSERT INTO evercert.accounts (username, key_kind, key_hash, subdomain, allow_from, created_at, last_update_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
  ON CONFLICT (username) DO UPDATE SET key_kind = excluded.key_kind, key_hash = excluded.key_hash,
    subdomain = excluded.subdomain, allow_from = excluded.allow_from, created_at = excluded.created_at,
    last_update_at = excluded.last_update_at`;

const READ = `
  WITH asked AS (
    SELECT subdomain FROM unnest($1::text[]) AS labels (subdomain)
    UNION SELECT subdomain FROM evercert.accounts WHERE username = ANY($2::text[])
    UNION SELECT subdomain FROM evercert.delegations WHERE domain = ANY($3::text[])
  )
  SELECT asked.subdomain, username, key_kind, key_hash, allow_from, created_at, last_update_at, domain, ${txtColumn('asked.subdomain')}
  FROM asked
  LEFT JOIN LATERAL (SELECT * FROM evercert.accounts WHERE subdomain = asked.subdomain LIMIT 1) AS accounts ON true
  LEFT JOIN LATERAL (SELECT * FROM evercert.delegations WHERE subdomain = asked.subdomain LIMIT 1) AS delegations ON true`;

/** Reads what the changes need. `version` is what the clock shows. */
export async function readWorkingSet(run: RunSql, needs: readonly Needs[], version: number): Promise<WorkingSet> {
  const state = new State();
  const unique = (names: readonly (readonly string[] | undefined)[]) => [
    ...new Set(names.flatMap((some) => some ?? [])),
  ];
  const found = await run(READ, [
    unique(needs.map(({ labels }) => labels)),
    unique(needs.map(({ usernames }) => usernames)),
    unique(needs.map(({ domains }) => domains)),
  ]);
  for (const row of found) {
    const subdomain = String(row['subdomain']);
    const username: unknown = row['username'];
    const domain: unknown = row['domain'];
    if (typeof username === 'string') state.accounts.set(username, toAccount(row));
    if (typeof domain === 'string') state.delegations.set(domain, subdomain);
    state.rows.set(subdomain, toTxtRows(row));
  }
  return new WorkingSet(state, version);
}
