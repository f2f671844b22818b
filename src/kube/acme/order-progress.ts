/** What is remembered of an order while this process works on it. Nothing here has to survive: without it a step is done again. */
export interface OrderProgress {
  /** Since when the CA has been working on it, in ms since the epoch. */
  signingSince?: number | undefined;
  /** Faults in a row that may pass. */
  faults: number;
  /** Nothing is tried before (ms since the epoch), whatever wakes us: not what we have written about the fault ourselves. */
  notBefore?: number | undefined;
  /** The generation of the issuer then: a changed one is a reason to try at once. */
  issuerGeneration?: number | undefined;
  /** When the account was last thrown into doubt because of this order. */
  doubtedAt?: number | undefined;
  /** How often it was found to be gone at the CA, and begun anew. */
  restarts: number;
  /** Authorizations that were seen valid and have no Challenge. */
  readonly valid: Set<string>;
  /** When the CA is asked though nothing has happened here. */
  guardAt?: number | undefined;
}

export interface ProgressBook<P> {
  of(uid: string): P;
  drop(uid: string): void;
}

export function createProgressBook<P>(make: () => P): ProgressBook<P> {
  const pages = new Map<string, P>();
  return {
    of(uid) {
      const page = pages.get(uid) ?? make();
      pages.set(uid, page);
      return page;
    },
    drop: (uid) => void pages.delete(uid),
  };
}

export function newOrderProgress(): OrderProgress {
  return { faults: 0, restarts: 0, valid: new Set() };
}
