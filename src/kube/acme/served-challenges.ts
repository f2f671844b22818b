import { isWithin, parseDomainName } from '../../core/domain-name.ts';
import type { DomainName } from '../../core/domain-name.ts';
import type { Informer } from '../api/informer.ts';
import type { Challenge } from '../schema/challenge.ts';
import { challengeState, isFinal } from './acme-object-states.ts';
import { ANSWER_AT } from './answers.ts';

/** The names that a DNS server answers from memory, as far as they are changed from here. */
export interface ServedNames {
  set(name: DomainName, values: readonly string[]): void;
  delete(name: DomainName): void;
  /** Have the server tell when the name was asked for. */
  watch(name: DomainName, watched: boolean): void;
  /** False: a name that is not found may be there all the same. */
  complete: boolean;
}

export interface ServedChallenges {
  isServed(name: DomainName, value: string): boolean;
  /** Resolves when the value is served. */
  whenServed(name: DomainName, value: string, signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** A TXT value is at most one string here (RFC 1035 section 3.3.14); the answers of ACME have 43 octets. */
const LONGEST_VALUE = 255;

/**
 * Serves the answers of Challenge objects, for as long as their CA may ask. Every replica does so, whether it leads or not: what is served depends on
 * nothing but the objects, and no credentials are needed for it. Until all of them are known, a name that is not found is not denied.
 */
export function serveChallenges(
  challenges: Informer<Challenge>,
  names: ServedNames,
  zone: DomainName,
): ServedChallenges {
  const at = new Map<string, { readonly name: DomainName; readonly value: string }>();
  const served = new Map<DomainName, Set<string>>();
  const waiting = new Map<string, Set<() => void>>();
  names.complete = false;
  void challenges.synced.then(() => {
    names.complete = true;
  });

  function serve(name: DomainName): void {
    const values = new Set<string>();
    for (const key of served.get(name) ?? []) {
      const value = at.get(key)?.value;
      if (value !== undefined) values.add(value);
    }
    if (values.size === 0) {
      served.delete(name);
      names.watch(name, false);
      names.delete(name);
      return;
    }
    names.set(name, [...values]);
    names.watch(name, true);
    for (const value of values) {
      for (const tell of waiting.get(idOf(name, value)) ?? []) tell();
      waiting.delete(idOf(name, value));
    }
  }

  const stop = challenges.onChange((key, _, after) => {
    const before = at.get(key);
    const now = after === undefined ? undefined : answerOf(after, zone);
    if (before?.name === now?.name && before?.value === now?.value) return;
    if (now === undefined) at.delete(key);
    else at.set(key, now);
    if (before !== undefined) {
      served.get(before.name)?.delete(key);
      serve(before.name);
    }
    if (now !== undefined) {
      const keys = served.get(now.name) ?? new Set();
      served.set(now.name, keys.add(key));
      serve(now.name);
    }
  });

  const isServed = (name: DomainName, value: string): boolean =>
    [...(served.get(name) ?? [])].some((key) => at.get(key)?.value === value);

  return {
    stop,
    isServed,
    async whenServed(name, value, signal) {
      signal.throwIfAborted();
      if (isServed(name, value)) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const id = idOf(name, value);
      const tellers = waiting.get(id) ?? new Set();
      waiting.set(id, tellers.add(resolve));
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', onAbort);
        tellers.delete(resolve);
      }
    },
  };
}

/** undefined: nothing is to be served for it. */
function answerOf(challenge: Challenge, zone: DomainName): { name: DomainName; value: string } | undefined {
  const { metadata, spec } = challenge;
  const text = metadata.annotations?.[ANSWER_AT];
  const isLive = metadata.deletionTimestamp === undefined && !isFinal(challengeState(challenge));
  if (text === undefined || !isLive || spec.type !== 'DNS-01' || spec.key.length > LONGEST_VALUE) return undefined;
  try {
    const name = parseDomainName(text);
    return name !== zone && isWithin(name, zone) ? { name, value: spec.key } : undefined;
  } catch {
    return undefined;
  }
}

function idOf(name: DomainName, value: string): string {
  return `${name} ${value}`;
}
