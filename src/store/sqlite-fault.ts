import { DomainError } from '../core/error.ts';
import { sqliteReason } from './sqlite-reason.ts';

const SQLITE_CONSTRAINT = 19;

export function accountExists(cause?: unknown): DomainError {
  return new DomainError('account-exists', 'the username or the label is taken; choose another', { cause });
}

/** What SQLite throws, in our words. */
export function sqliteFault(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  const primary = error instanceof Error && 'errcode' in error ? Number(error.errcode) % 256 : 0;
  if (primary === SQLITE_CONSTRAINT) return accountExists(error);
  return new DomainError('store-unavailable', `the database cannot do its work: ${sqliteReason(error)}`, {
    retry: { kind: 'backoff' },
    cause: error,
  });
}
