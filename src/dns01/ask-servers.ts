import { messageOf } from '../core/error.ts';
import type { NameServer } from '../dns/query.ts';
import type { Ask } from './ask.ts';
import { type Look, readLook } from './look.ts';
import type { AuthoritativeServer } from './zone-servers.ts';

/** What one authoritative server says, from the best of its addresses. */
export interface ServerLook {
  readonly server: string;
  readonly at: NameServer | undefined;
  readonly look: Look;
}

/** ms, repeated packets and TCP included. */
const TIMEOUT = 3000;
/** Once one server has answered, the others get this much more, so that a dead one does not hold everything up. */
const GRACE = 1000;

/** Asks all servers of a zone for the TXT of `name`, side by side. @throws only when the signal aborts */
export async function askServers(
  name: string,
  servers: readonly AuthoritativeServer[],
  ask: Ask,
  signal: AbortSignal,
): Promise<readonly ServerLook[]> {
  const enough = new AbortController();
  const stop = AbortSignal.any([signal, enough.signal]);
  let timer: NodeJS.Timeout | undefined;
  const looks = await Promise.all(
    servers.map(async (server) => {
      const best = await askServer(name, server, ask, stop);
      if (rank(best.look) === 0) timer ??= setTimeout(() => enough.abort(), GRACE);
      return best;
    }),
  );
  clearTimeout(timer);
  signal.throwIfAborted();
  return looks;
}

async function askServer(
  name: string,
  { shown, addresses }: AuthoritativeServer,
  ask: Ask,
  signal: AbortSignal,
): Promise<ServerLook> {
  const looks = await Promise.all(
    addresses.map(async (at) => ({ server: shown, at, look: await askAddress(name, at, ask, signal) })),
  );
  const [best] = looks.toSorted((one, other) => rank(one.look) - rank(other.look));
  return best ?? { server: shown, at: undefined, look: { kind: 'dead', says: 'its name has no address' } };
}

async function askAddress(name: string, server: NameServer, ask: Ask, signal: AbortSignal): Promise<Look> {
  try {
    const reply = await ask({ name, type: 'TXT' }, server, { signal, timeout: TIMEOUT, recursionDesired: false });
    return readLook(name, reply, { authority: true });
  } catch (error) {
    return { kind: 'dead', says: signal.aborted ? 'no answer in time' : messageOf(error) };
  }
}

function rank(look: Look): number {
  if (look.kind === 'dead') return 2;
  return look.kind === 'useless' ? 1 : 0;
}
