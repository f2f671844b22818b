import type { QueryResultRow } from 'pg';
import type { Account, AccountKey, TxtRow } from '../acmedns/ports.ts';
import { DomainError } from '../core/error.ts';

const SHA256_OCTETS = 32;

/** A row of evercert.accounts. @throws DomainError `store-damaged` */
export function toAccount(row: QueryResultRow): Account {
  const username = String(row['username']);
  const key = toKey(row['key_kind'], row['key_hash']);
  const allowFrom: unknown = JSON.parse(String(row['allow_from']));
  if (key === undefined || !Array.isArray(allowFrom)) {
    throw new DomainError('store-damaged', `the row of account ${username} is damaged; restore a backup`);
  }
  const lastUpdateAt: unknown = row['last_update_at'];
  return {
    username,
    key,
    subdomain: String(row['subdomain']),
    allowFrom: allowFrom.map(String),
    createdAt: Number(row['created_at']),
    ...(lastUpdateAt !== null && { lastUpdateAt: Number(lastUpdateAt) }),
  };
}

/** The columns key_kind and key_hash. */
export function keyColumns(key: AccountKey): [string, Uint8Array] {
  return [key.kind, key.kind === 'bcrypt' ? Buffer.from(key.hash, 'utf8') : key.hash];
}

/**
 * The rows of the label that the column `label` names, in one column `txt`. A subquery, since a join may read the whole table for a few
 * labels when the planner knows too little of it.
 */
export function txtColumn(label: string): string {
  return `(SELECT json_agg(json_build_array(value, updated_at, held)) FROM evercert.txt WHERE subdomain = ${label}) AS txt`;
}

export function toTxtRows({ txt }: QueryResultRow): TxtRow[] {
  const rows = (txt ?? []) as [string, number, boolean][];
  return rows.map(([value, updatedAt, held]) => ({ value, updatedAt, held }));
}

function toKey(kind: unknown, hash: unknown): AccountKey | undefined {
  if (!(hash instanceof Uint8Array)) return undefined;
  if (kind === 'bcrypt') return { kind, hash: Buffer.from(hash).toString('utf8') };
  if (kind === 'sha256' && hash.length === SHA256_OCTETS) return { kind, hash };
  return undefined;
}
