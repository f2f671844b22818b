import { assertNever } from '../core/assert-never.ts';
import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import type { NameTable } from '../dns/name-table.ts';
import type { AccountStore, StoreChange } from './ports.ts';
import type { ServedLabels } from './served-labels.ts';

/** What whoever keeps a zone fresh may want to know. */
export type ZoneEvent =
  /** What is known is still served; a name that is not known gets SERVFAIL. Nothing can be changed. */
  | { readonly kind: 'store-lost'; readonly error: DomainError }
  | { readonly kind: 'store-back' }
  /** A label that others have changed cannot be served as it is stored. */
  | { readonly kind: 'label-fault'; readonly subdomain: string; readonly error: DomainError };

export interface FollowOptions {
  readonly store: AccountStore;
  readonly labels: ServedLabels;
  readonly names: NameTable;
  readonly clock: Clock;
  /** Serves all that is stored, and nothing else. */
  readonly reload: () => Promise<void>;
  readonly tell: (event: ZoneEvent) => void;
}

/** How long after a reload that failed the next one is tried, in ms. */
const RELOAD_AGAIN_AFTER = 1000;

/**
 * Serves what others do to the labels in the same store, until the signal aborts. While the store cannot be read, names that are not known
 * are not denied: somebody else may just have made them.
 */
export async function followChanges(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { store, labels, names, clock, reload, tell } = options;
  let lost = false;

  function found(): void {
    names.complete = true;
    if (lost) tell({ kind: 'store-back' });
    lost = false;
  }

  function lose(error: DomainError): void {
    names.complete = false;
    if (!lost) tell({ kind: 'store-lost', error });
    lost = true;
  }

  function apply({ names: changed, removed, upTo }: StoreChange & { kind: 'changed' }): void {
    for (const name of changed) attempt(name.subdomain, () => labels.serve(name, 'store'));
    for (const name of removed) attempt(name.subdomain, () => labels.withdraw(name, 'store'));
    labels.caughtUp(upTo);
    found();
  }

  function attempt(subdomain: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      tell({ kind: 'label-fault', subdomain, error });
    }
  }

  /** Ends when all has to be read again, or with the signal. */
  async function follow(): Promise<void> {
    for await (const change of store.changesByOthers(signal)) {
      switch (change.kind) {
        case 'changed':
          apply(change);
          break;
        case 'lost':
          lose(change.error);
          break;
        case 'reload':
          return;
        default:
          assertNever(change);
      }
    }
  }

  while (!signal.aborted) {
    await follow();
    while (!signal.aborted) {
      try {
        names.complete = false;
        await reload();
        found();
        break;
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        lose(error);
        await clock.sleep(RELOAD_AGAIN_AFTER, signal).catch(() => {});
      }
    }
  }
}
