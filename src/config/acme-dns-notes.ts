import { DomainError, messageOf } from '../core/error.ts';
import { fault } from './faults.ts';

/** What is to be said of a configuration of acme-dns, each with the place of its key. */
export interface Notes {
  readonly faults: DomainError[];
  readonly warnings: string[];
  warn(key: string, text: string): void;
  fault(key: string, text: string): undefined;
  /** What `read` returns; undefined, with a fault, when it throws. */
  take<T>(key: string, read: () => T): T | undefined;
  /** The same with a warning, where acme-dns goes on without the value. */
  tryTake<T>(key: string, read: () => T, instead: string): T | undefined;
}

/** @param at where a key such as `general.listen` stands in the file */
export function createNotes(at: (key: string) => string): Notes {
  const faults: DomainError[] = [];
  const warnings: string[] = [];
  const warn = (key: string, text: string) => void warnings.push(`${at(key)}: ${text}`);
  const take = <T>(read: () => T, onError: (message: string) => void): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      onError(messageOf(error));
      return undefined;
    }
  };
  return {
    faults,
    warnings,
    warn,
    fault: (key, text) => void faults.push(fault(at(key), text)),
    take: (key, read) => take(read, (message) => void faults.push(fault(at(key), `${key} cannot be used: ${message}`))),
    tryTake: (key, read, instead) =>
      take(read, (message) => warn(key, `${key} cannot be used: ${message}; ${instead}`)),
  };
}
