import type { Clock } from '../core/clock.ts';
import { type DomainName, parseDomainName } from '../core/domain-name.ts';
import type { NameTable } from '../dns/name-table.ts';
import { createDeathWatch } from './death-watch.ts';
import { createLabelOrder, type Giver } from './label-order.ts';
import type { RemovedName, StoredName } from './ports.ts';
import { liveRows, nextDeath } from './txt-rule.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LONGEST_NAME = 253;

/** The labels of the challenge zone as DNS has them. What is served here was stored before. */
export interface ServedLabels {
  /** @throws DomainError `invalid-name` */
  nameOf(subdomain: string): DomainName;
  has(subdomain: string): boolean;
  /** The label exists, with those of its rows that live now; unless a later state of it is known already. @throws as nameOf */
  serve(name: StoredName, by: Giver): void;
  withdraw(name: RemovedName, by: Giver): void;
  /** The store has told all that happened up to this version. */
  caughtUp(upTo: number): void;
  /** All labels will be given again. */
  restart(): void;
  /** Withdraws every label but those in `kept` (in lower case) and those that we have changed ourselves since the restart. */
  withdrawOthersThan(kept: ReadonlySet<string>): void;
  /** Calls `bury` for labels that have rows which died, until the signal aborts. */
  watchDeaths(bury: (subdomain: string) => Promise<void>, signal: AbortSignal): Promise<void>;
}

export function createServedLabels(origin: DomainName, names: NameTable, clock: Clock): ServedLabels {
  const deaths = createDeathWatch(clock);
  const order = createLabelOrder();
  const watched = new Set<string>();

  function nameOf(subdomain: string): DomainName {
    const name = `${subdomain}.${origin}`;
    // Nearly every label is a uuid of ours: what parseDomainName would find is known, and a million of them are loaded.
    return UUID.test(subdomain) && name.length <= LONGEST_NAME ? (name as DomainName) : parseDomainName(name);
  }

  /** The server tells when somebody asks for what an order of ours waits for. */
  function watch(subdomain: string, name: DomainName, wanted: boolean): void {
    if (watched.has(subdomain) === wanted) return;
    names.watch(name, wanted);
    if (wanted) watched.add(subdomain);
    else watched.delete(subdomain);
  }

  function remove(subdomain: string): void {
    const name = nameOf(subdomain);
    watch(subdomain, name, false);
    names.delete(name);
    deaths.set(subdomain, undefined);
  }

  return {
    nameOf,
    has: (subdomain) => names.get(nameOf(subdomain)) !== undefined,
    serve(state, by) {
      const { subdomain, rows } = state;
      const name = nameOf(subdomain);
      if (!order.isNews(state, by)) return;
      const now = clock.now();
      const live = liveRows(rows, now);
      const values = live.map((row) => row.value);
      names.set(name, values);
      watch(
        subdomain,
        name,
        live.some((row) => row.held),
      );
      // What died while we were not running goes from the store at the next look.
      deaths.set(subdomain, live.length < rows.length ? now : nextDeath(live));
    },
    withdraw(state, by) {
      if (order.isNews(state, by)) remove(state.subdomain);
    },
    caughtUp: (upTo) => order.caughtUp(upTo),
    restart: () => order.restart(),
    withdrawOthersThan(kept) {
      const suffix = `.${origin}`;
      for (const name of names.names()) {
        const subdomain = name.slice(0, -suffix.length);
        if (name.endsWith(suffix) && !kept.has(subdomain) && !order.isOurs(subdomain)) remove(subdomain);
      }
    },
    watchDeaths: (bury, signal) => deaths.run(bury, signal),
  };
}
