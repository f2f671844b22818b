import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import type { NameTable } from '../dns/name-table.ts';
import { createAccount } from './account.ts';
import { parseAllowFrom } from './allow-from.ts';
import { checkUpdate, type UpdateRefusal, type UpdateRequest } from './check-update.ts';
import { followDelegations } from './follow-delegations.ts';
import type { AccountStore, TxtChange } from './ports.ts';
import { createServedLabels } from './served-labels.ts';
import { addValue, holdValues, liveRows, releaseValues } from './txt-rule.ts';

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

export type UpdateOutcome = { readonly kind: 'updated'; readonly txt: string } | { readonly kind: UpdateRefusal };

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
  /** @throws DomainError `store-unavailable` */
  update(request: UpdateRequest): Promise<UpdateOutcome>;
  removeAccount(username: string): Promise<void>;
  /** The label that answers for `domain`, the same at every call. It belongs to no account: nobody can write it over HTTP. */
  registerDelegation(domain: DomainName): Promise<string>;
  removeDelegation(domain: DomainName): Promise<void>;
  /** Serves the values at the label until removeLocal, beside whatever is there. @throws DomainError `unknown-label` */
  presentLocal(subdomain: string, values: readonly string[]): Promise<void>;
  removeLocal(subdomain: string, values: readonly string[]): Promise<void>;
  /**
   * Keeps true what is served, until the signal aborts: values go when their time is over, and what another process does to
   * the delegations in the same store is served as well. Run it after load, beside everything else.
   */
  keepFresh(signal: AbortSignal): Promise<void>;
}

export function createChallengeZone(options: ChallengeZoneOptions): ChallengeZone {
  const { origin, names, store, clock } = options;
  const labels = createServedLabels(origin, names, clock);

  async function change(subdomain: string, rule: TxtChange): Promise<void> {
    labels.serve(subdomain, await store.changeTxt(subdomain, rule));
  }

  function bury(subdomain: string): Promise<void> {
    return change(subdomain, (rows) => liveRows(rows, clock.now()));
  }

  return {
    origin,
    nameOf: (subdomain) => labels.nameOf(subdomain),
    async load() {
      const unusable: string[] = [];
      let served = 0;
      names.complete = false;
      for await (const page of store.names()) {
        for (const { subdomain, rows } of page) {
          try {
            labels.serve(subdomain, rows);
            served += 1;
          } catch (error) {
            if (!(error instanceof DomainError && error.code === 'invalid-name')) throw error;
            unusable.push(subdomain);
          }
        }
      }
      names.complete = true;
      return { served, unusable };
    },
    async register(allowFrom) {
      const { account, key } = createAccount(parseAllowFrom(allowFrom), clock.now());
      const { username, subdomain } = account;
      await store.addAccount(account);
      labels.serve(subdomain, []);
      const fulldomain = labels.nameOf(subdomain);
      return { username, password: key, fulldomain, subdomain, allowfrom: account.allowFrom };
    },
    async update(request) {
      const refusal = await checkUpdate(request, store);
      if (refusal !== undefined) return { kind: refusal };
      await change(request.subdomain, (rows) => addValue(rows, request.txt, clock.now()));
      return { kind: 'updated', txt: request.txt };
    },
    async removeAccount(username) {
      const removed = await store.removeAccount(username);
      if (removed !== undefined) labels.withdraw(removed.subdomain);
    },
    async registerDelegation(domain) {
      const subdomain = await store.addDelegation(domain, randomUUID());
      if (!labels.has(subdomain)) labels.serve(subdomain, []);
      return subdomain;
    },
    async removeDelegation(domain) {
      const removed = await store.removeDelegation(domain);
      if (removed !== undefined) labels.withdraw(removed);
    },
    async presentLocal(subdomain, values) {
      if (!labels.has(subdomain)) {
        const message = `the challenge zone ${origin} has no label "${subdomain}"; register it first`;
        throw new DomainError('unknown-label', message);
      }
      await change(subdomain, (rows) => holdValues(rows, values, clock.now()));
    },
    async removeLocal(subdomain, values) {
      if (!labels.has(subdomain)) return;
      await change(subdomain, (rows) => releaseValues(rows, values, clock.now()));
    },
    async keepFresh(signal) {
      await Promise.all([labels.watchDeaths(bury, signal), followDelegations(store, labels, signal)]);
    },
  };
}
