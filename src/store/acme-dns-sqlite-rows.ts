import type { SQLOutputValue } from 'node:sqlite';
import type { Account } from '../acmedns/ports.ts';
import { allowFromOfText, keyOfPassword } from './acme-dns-rows.ts';
import { type KeptRow, lastUpdateOf, type Slot } from './acme-dns-slots.ts';

type Row = Record<string, SQLOutputValue>;

export function toSlot(row: Row): Slot {
  return { id: Number(row['id']), value: String(row['value']), lastUpdate: Number(row['last_update'] ?? 0) };
}

export function toKept(row: Row): KeptRow {
  const { value, updated_at: updatedAt, held, in_slot: inSlot } = row;
  return { value: String(value), updatedAt: Number(updatedAt), held: held === 1, inSlot: inSlot === 1 };
}

export function optionalAccount(row: Row | undefined): Account | undefined {
  return row && toAccount(row);
}

export function toAccount(row: Row): Account {
  const kept = row['last_update_at'];
  const lastUpdateAt = lastUpdateOf(Number(row['newest_slot'] ?? 0), typeof kept === 'number' ? kept : undefined);
  return {
    username: String(row['username']),
    key: keyOfPassword(row['password']),
    subdomain: String(row['subdomain']),
    allowFrom: allowFromOfText(row['allow_from']),
    createdAt: Number(row['created_at'] ?? 0),
    ...(lastUpdateAt !== undefined && { lastUpdateAt }),
  };
}
