import type { NameServer } from '../dns/query.ts';
import { withTimeout } from '../core/clock.ts';
import type { Ask } from './ask.ts';
import { readLook, shownAddress } from './look.ts';

export type ResolverNotes = { kind: 'notes'; notes: readonly string[] } | { kind: 'dnssec-broken' };

/**
 * What the resolvers say of a CNAME that the zone's own servers have. Only the CNAME is asked for: a question for TXT would
 * lead them on to the target, and have them remember that it has no value yet.
 */
export async function lookAtResolvers(
  name: string,
  options: { readonly servers: readonly NameServer[]; readonly ask: Ask; readonly timeout: number },
  signal: AbortSignal,
): Promise<ResolverNotes> {
  const { servers, ask, timeout } = options;
  const said = await Promise.all(servers.map((server) => lookAt(server)));
  signal.throwIfAborted();
  const answered = said.filter((one) => one !== undefined);
  // One resolver with a wrong clock or old trust anchors proves nothing.
  if (answered.length > 0 && answered.every((one) => one.kind === 'dnssec-broken')) return { kind: 'dnssec-broken' };
  return { kind: 'notes', notes: answered.flatMap((one) => (one.kind === 'notes' ? one.notes : [])) };

  async function lookAt(server: NameServer): Promise<ResolverNotes | undefined> {
    const question = { name, type: 'CNAME' } as const;
    const limits = { signal: withTimeout(signal, timeout), timeout, recursionDesired: true };
    try {
      const reply = await ask(question, server, limits);
      if (reply.rcode === 'SERVFAIL') {
        const unchecked = await ask(question, server, { ...limits, checkingDisabled: true });
        return unchecked.rcode === 'NOERROR' ? { kind: 'dnssec-broken' } : undefined;
      }
      const look = readLook(name, reply, { authority: false });
      if (look.kind !== 'nxdomain' && look.kind !== 'nodata') return { kind: 'notes', notes: [] };
      const left = look.ttl === undefined ? 'for a while' : `for up to ${look.ttl} s`;
      return {
        kind: 'notes',
        notes: [`the resolver ${shownAddress(server)} still remembers that ${name} had no CNAME, ${left}`],
      };
    } catch {
      return undefined;
    }
  }
}
