import type { RemovedName } from './ports.ts';

/** Who gave a state of a label: a call of our own to the store, or the store of its own accord. */
export type Giver = 'us' | 'store';

/**
 * States of a label come by two ways, from calls of our own and from what the store tells, and one may overtake the other. Says which
 * ones are to be served, so that the latest stays.
 */
export interface LabelOrder {
  /** Whether a state is as late as what was given for the label before. */
  isNews(state: RemovedName, by: Giver): boolean;
  /** The store has told all that happened up to this version: older states of our own need not be remembered. */
  caughtUp(upTo: number): void;
  /** All is read again, perhaps from a database that has lost a part of its history: what was known of versions counts no more. */
  restart(): void;
  /** Whether a call of our own gave a state for the label that the store has not told yet. */
  isOurs(subdomain: string): boolean;
}

export function createLabelOrder(): LabelOrder {
  /** By label, in lower case as DNS has it: the version of our own state, while it is later than `told`. */
  const ours = new Map<string, number>();
  let told = -1;
  return {
    isNews({ subdomain, version }, by) {
      const label = subdomain.toLowerCase();
      const own = ours.get(label) ?? -1;
      if (version < own) return false;
      if (by === 'store') return true;
      if (version <= told) return false;
      ours.set(label, version);
      return true;
    },
    caughtUp(upTo) {
      told = upTo;
      for (const [label, version] of ours) if (version <= upTo) ours.delete(label);
    },
    restart() {
      told = -1;
      ours.clear();
    },
    isOurs: (subdomain) => ours.has(subdomain.toLowerCase()),
  };
}
