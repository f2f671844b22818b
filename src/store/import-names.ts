import type { Account, TxtRow } from '../acmedns/ports.ts';

/** A label of another database, with whose it is. */
export interface ImportedName {
  readonly subdomain: string;
  /** The label of one of our own certificates, when there is no account. */
  readonly owner: Account | { readonly domain: string };
  readonly rows: readonly TxtRow[];
}

/** A database that names are imported into, within one transaction. */
export interface ImportTarget {
  account(username: string): Account | undefined;
  delegation(domain: string): string | undefined;
  hasLabel(subdomain: string): boolean;
  addAccount(account: Account): unknown;
  addDelegation(domain: string, subdomain: string): unknown;
  changeRows(subdomain: string, rows: readonly TxtRow[]): unknown;
}

export interface Imported {
  /** New here. */
  readonly accounts: number;
  readonly delegations: number;
  /** Were here, and have newer values now. */
  readonly updated: number;
  /** Were here, and stay as they are. */
  readonly present: number;
  readonly skipped: readonly Skipped[];
}

/** What cannot be here, and why. */
export interface Skipped {
  readonly subdomain: string;
  /** Of an account. */
  readonly username: string | undefined;
  readonly why: string;
}

type Outcome = 'accounts' | 'delegations' | 'updated' | 'present' | { readonly why: string };

/** Brings the names in. What is here already stays, so that doing it again changes nothing; only values that are newer there are taken. */
export function importNames(target: ImportTarget, names: readonly ImportedName[]): Imported {
  const counts = { accounts: 0, delegations: 0, updated: 0, present: 0 };
  const skipped: Skipped[] = [];
  for (const { subdomain, owner, rows } of names) {
    const isAccount = 'username' in owner;
    const outcome = isAccount ? importAccount(target, owner, rows) : importDelegation(target, owner.domain, subdomain);
    if (typeof outcome === 'string') counts[outcome] += 1;
    else skipped.push({ subdomain, username: isAccount ? owner.username : undefined, why: outcome.why });
  }
  return { ...counts, skipped };
}

function importAccount(target: ImportTarget, account: Account, rows: readonly TxtRow[]): Outcome {
  const { username, subdomain, lastUpdateAt = 0 } = account;
  const before = target.account(username);
  if (before === undefined) {
    if (target.hasLabel(subdomain)) return LABEL_TAKEN;
    target.addAccount(account);
    target.changeRows(subdomain, rows);
    return 'accounts';
  }
  if (before.subdomain !== subdomain) return { why: `its account has another label here, ${before.subdomain}` };
  if (lastUpdateAt <= (before.lastUpdateAt ?? 0)) return 'present';
  target.changeRows(subdomain, rows);
  return 'updated';
}

function importDelegation(target: ImportTarget, domain: string, subdomain: string): Outcome {
  const before = target.delegation(domain);
  if (before === subdomain) return 'present';
  if (before !== undefined) return { why: `${domain} has another label here, ${before}` };
  if (target.hasLabel(subdomain)) return LABEL_TAKEN;
  target.addDelegation(domain, subdomain);
  return 'delegations';
}

const LABEL_TAKEN = { why: 'its label belongs to somebody else here' };

/** Shows what would come of it: nothing reaches the target. */
export function withoutWriting(target: ImportTarget): ImportTarget {
  const accounts = new Map<string, Account>();
  const delegations = new Map<string, string>();
  const labels = new Set<string>();
  return {
    account: (username) => accounts.get(username) ?? target.account(username),
    delegation: (domain) => delegations.get(domain) ?? target.delegation(domain),
    hasLabel: (subdomain) => labels.has(subdomain) || target.hasLabel(subdomain),
    addAccount(account) {
      accounts.set(account.username, account);
      labels.add(account.subdomain);
    },
    addDelegation(domain, subdomain) {
      delegations.set(domain, subdomain);
      labels.add(subdomain);
    },
    changeRows() {},
  };
}
