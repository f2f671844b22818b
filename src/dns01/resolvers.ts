import { messageOf } from '../core/error.ts';
import type { NameServer, Reply } from '../dns/query.ts';
import type { Ask, AskedType } from './ask.ts';
import { shownAddress } from './look.ts';

/** What the recursive resolvers say together. */
export type ResolverOutcome =
  /** The first usable reply, NOERROR or NXDOMAIN. */
  | { kind: 'reply'; reply: Reply; resolver: string }
  /** `dnssec`: the answer comes when checking is switched off, so that only the signatures are wrong. */
  | { kind: 'failed'; says: string; dnssec: boolean; resolvers: readonly string[] }
  | { kind: 'unreachable'; says: string; resolvers: readonly string[] };

export interface Resolvers {
  readonly servers: readonly NameServer[];
  resolve(question: { readonly name: string; readonly type: AskedType }, signal: AbortSignal): Promise<ResolverOutcome>;
}

const TIMEOUT = 5000;

/** Asks all at once: a dead first line of resolv.conf costs nothing. */
export function createResolvers(servers: readonly NameServer[], ask: Ask): Resolvers {
  const shown = servers.map(shownAddress);

  return {
    servers,
    async resolve(question, signal) {
      signal.throwIfAborted();
      if (servers.length === 0) return { kind: 'unreachable', says: 'none is configured', resolvers: [] };
      const stop = new AbortController();
      const all = AbortSignal.any([signal, stop.signal]);
      const says: string[] = [];
      const failed: Reply[] = [];
      try {
        return await Promise.any(
          servers.map(async (server): Promise<ResolverOutcome> => {
            const reply = await ask(question, server, { signal: all, timeout: TIMEOUT, recursionDesired: true });
            if (reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN') {
              return { kind: 'reply', reply, resolver: shownAddress(server) };
            }
            failed.push(reply);
            throw new Error(`${shownAddress(server)} says ${reply.rcode}`);
          }),
        );
      } catch (error) {
        signal.throwIfAborted();
        for (const one of error instanceof AggregateError ? error.errors : [error]) says.push(messageOf(one));
      } finally {
        stop.abort();
      }
      if (failed.length === 0) return { kind: 'unreachable', says: says[0] ?? 'no answer', resolvers: shown };
      const rcode = failed[0]?.rcode ?? 'SERVFAIL';
      const dnssec = rcode === 'SERVFAIL' && (await answersUnchecked(question, signal));
      return { kind: 'failed', says: rcode, dnssec, resolvers: shown };
    },
  };

  async function answersUnchecked(question: { name: string; type: AskedType }, signal: AbortSignal): Promise<boolean> {
    const options = { signal, timeout: TIMEOUT, recursionDesired: true, checkingDisabled: true };
    const replies = await Promise.allSettled(servers.map((server) => ask(question, server, options)));
    signal.throwIfAborted();
    return replies.some(({ status, ...rest }) => status === 'fulfilled' && 'value' in rest && usable(rest.value));
  }
}

function usable(reply: Reply): boolean {
  return reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN';
}
