import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { type DomainName, parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import type { NameTable } from '../dns/name-table.ts';
import { createAccount, isKeyOf, isKeyShaped } from './account.ts';
import { isAllowed, parseAllowFrom } from './allow-from.ts';
import { createDeathWatch } from './death-watch.ts';
import type { AccountStore, TxtChange, TxtRow } from './ports.ts';
import { addValue, holdValues, liveRows, nextDeath, releaseValues } from './txt-rule.ts';
import { parseUsername } from './username.ts';
import { isSubdomainLabel, isTxtValue } from './wire-shapes.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LONGEST_NAME = 253;

export interface ChallengeZoneOptions {
  /** The zone that the labels are in. */
  readonly origin: DomainName;
  readonly names: NameTable;
  readonly store: AccountStore;
  readonly clock: Clock;
}

/** What a new account's owner is told; the only time that `password` is seen. */
export interface Registration {
  readonly username: string;
  readonly password: string;
  readonly fulldomain: string;
  readonly subdomain: string;
  readonly allowfrom: readonly string[];
}

/** An update as a client sent it; nothing in it is trusted. */
export interface UpdateRequest {
  readonly username: string;
  readonly key: string;
  /** The addresses that the request may have come from; one that is allowed is enough. */
  readonly sources: readonly string[];
  readonly subdomain: string;
  readonly txt: string;
}

export type UpdateOutcome =
  | { readonly kind: 'updated'; readonly txt: string }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'bad-subdomain' }
  | { readonly kind: 'bad-txt' };

/** How many labels are served, and which could not be since they make no name (edited by hand). */
export interface LoadedNames {
  readonly served: number;
  readonly unusable: readonly string[];
}

/**
 * The challenge zone: the one place where the store and the names that DNS serves are changed together. Invariant: durable
 * first, then served, then the promise resolves; so what was acknowledged is being answered, and survives.
 */
export interface ChallengeZone {
  readonly origin: DomainName;
  /** The full name of a label. @throws DomainError `invalid-name` */
  nameOf(subdomain: string): DomainName;
  /** Serves what the store has; until it resolves, a name that is not found yet gets SERVFAIL. Call once, before all else. */
  load(): Promise<LoadedNames>;
  /** @throws DomainError `invalid-allow-from`, `store-unavailable` */
  register(allowFrom: readonly string[]): Promise<Registration>;
  /** Checks in the order of acme-dns: user, key, source, label, value. @throws DomainError `store-unavailable` */
  update(request: UpdateRequest): Promise<UpdateOutcome>;
  removeAccount(username: string): Promise<void>;
  /** The label that answers for `domain`, the same at every call. It belongs to no account: nobody can write it over HTTP. */
  registerDelegation(domain: DomainName): Promise<string>;
  removeDelegation(domain: DomainName): Promise<void>;
  /** Serves the values at the label until removeLocal, beside whatever is there. @throws DomainError `unknown-label` */
  presentLocal(subdomain: string, values: readonly string[]): Promise<void>;
  removeLocal(subdomain: string, values: readonly string[]): Promise<void>;
  /** Takes values away when their time is over, until the signal aborts. Run it beside everything else. */
  keepFresh(signal: AbortSignal): Promise<void>;
}

export function createChallengeZone(options: ChallengeZoneOptions): ChallengeZone {
  const { origin, names, store, clock } = options;
  const deaths = createDeathWatch(clock);

  function nameOf(subdomain: string): DomainName {
    const name = `${subdomain}.${origin}`;
    // Nearly every label is a uuid of ours: what parseDomainName would find is known, and a million of them are loaded.
    return UUID.test(subdomain) && name.length <= LONGEST_NAME ? (name as DomainName) : parseDomainName(name);
  }

  function serve(subdomain: string, name: DomainName, rows: readonly TxtRow[]): void {
    names.set(
      name,
      rows.map((row) => row.value),
    );
    deaths.set(subdomain, nextDeath(rows));
  }

  function withdraw(subdomain: string): void {
    const name = nameOf(subdomain);
    names.watch(name, false);
    names.delete(name);
    deaths.set(subdomain, undefined);
  }

  async function change(subdomain: string, rule: TxtChange): Promise<readonly TxtRow[]> {
    const name = nameOf(subdomain);
    const rows = await store.changeTxt(subdomain, rule);
    serve(subdomain, name, rows);
    return rows;
  }

  /** The server tells when somebody asks for what an order of ours waits for. */
  function watchHeld(name: DomainName, rows: readonly TxtRow[]): void {
    names.watch(
      name,
      rows.some((row) => row.held),
    );
  }

  function mustServe(subdomain: string): DomainName {
    const name = nameOf(subdomain);
    if (names.get(name) !== undefined) return name;
    throw new DomainError(
      'unknown-label',
      `the challenge zone ${origin} has no label "${subdomain}"; register it first`,
    );
  }

  return {
    origin,
    nameOf,
    async load() {
      const unusable: string[] = [];
      let served = 0;
      names.complete = false;
      for await (const page of store.names()) {
        for (const { subdomain, rows } of page) {
          const name = usableName(subdomain);
          if (name === undefined) {
            unusable.push(subdomain);
            continue;
          }
          const live = liveRows(rows, clock.now());
          serve(subdomain, name, live);
          // What died while we were not running goes from the store at the first look of keepFresh.
          if (live.length < rows.length) deaths.set(subdomain, clock.now());
          if (live.length > 0) watchHeld(name, live);
          served += 1;
        }
      }
      names.complete = true;
      return { served, unusable };
    },
    async register(allowFrom) {
      const { account, key } = createAccount(parseAllowFrom(allowFrom), clock.now());
      await store.addAccount(account);
      const fulldomain = nameOf(account.subdomain);
      names.set(fulldomain, []);
      return {
        username: account.username,
        password: key,
        fulldomain,
        subdomain: account.subdomain,
        allowfrom: account.allowFrom,
      };
    },
    async update(request) {
      const username = parseUsername(request.username);
      if (username === undefined || !isKeyShaped(request.key)) return { kind: 'forbidden' };
      const account = await store.findAccount(username);
      if (!isKeyOf(account, request.key) || account === undefined) return { kind: 'forbidden' };
      if (!isAllowed(account.allowFrom, request.sources)) return { kind: 'forbidden' };
      if (account.subdomain !== request.subdomain) return { kind: 'forbidden' };
      if (!isSubdomainLabel(request.subdomain)) return { kind: 'bad-subdomain' };
      if (!isTxtValue(request.txt)) return { kind: 'bad-txt' };
      await change(account.subdomain, (rows) => addValue(rows, request.txt, clock.now()));
      return { kind: 'updated', txt: request.txt };
    },
    async removeAccount(username) {
      const removed = await store.removeAccount(username);
      if (removed !== undefined) withdraw(removed.subdomain);
    },
    async registerDelegation(domain) {
      const subdomain = await store.addDelegation(domain, randomUUID());
      const name = nameOf(subdomain);
      if (names.get(name) === undefined) names.set(name, []);
      return subdomain;
    },
    async removeDelegation(domain) {
      const removed = await store.removeDelegation(domain);
      if (removed !== undefined) withdraw(removed);
    },
    async presentLocal(subdomain, values) {
      const name = mustServe(subdomain);
      watchHeld(name, await change(subdomain, (rows) => holdValues(rows, values, clock.now())));
    },
    async removeLocal(subdomain, values) {
      const name = nameOf(subdomain);
      if (names.get(name) === undefined) return;
      watchHeld(name, await change(subdomain, (rows) => releaseValues(rows, values, clock.now())));
    },
    keepFresh(signal) {
      return deaths.run(async (subdomain) => {
        await change(subdomain, (rows) => liveRows(rows, clock.now()));
      }, signal);
    },
  };

  function usableName(subdomain: string): DomainName | undefined {
    try {
      return nameOf(subdomain);
    } catch (error) {
      if (error instanceof DomainError) return undefined;
      throw error;
    }
  }
}
