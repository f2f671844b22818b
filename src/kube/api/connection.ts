import type { Dispatcher } from 'undici';
import type { Clock } from '../../core/clock.ts';
import { createAgent } from './agent.ts';
import { credentialsFault } from './credentials-fault.ts';
import type { Credentials, KubeConfig } from './kube-config.ts';
import { kubeconfigFault } from './kubeconfig-fault.ts';

/** undici's agent and the header for it. Another object when one of them is another. */
export interface Connected {
  readonly agent: Dispatcher;
  readonly authorization: string | undefined;
}

/** Connections to one API server, made again when its roots or our client certificate are replaced. */
export interface Connection {
  current(signal: AbortSignal): Promise<Connected>;
  /** What is there in place of `refused`: `credentials` that the server does not take, or `roots` by which we do not take the server. */
  renewed(refused: Connected, why: 'credentials' | 'roots', signal: AbortSignal): Promise<Connected>;
  close(): Promise<void>;
}

/** Service account tokens are replaced some minutes before their end. */
const READ_AGAIN_AFTER = 30_000;

export function createConnection(config: KubeConfig, clock: Clock): Connection {
  let credentials: Credentials = {};
  let connected: Connected | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Connected> | undefined;
  const closing = new AbortController();
  const agents = new Set<Dispatcher>();

  const isOver = ({ goodUntil }: Credentials): boolean => goodUntil !== undefined && clock.now() >= goodUntil;

  async function read(renew: boolean): Promise<Connected> {
    const { signal } = closing;
    let next = await config.credentials({ renew, signal });
    if (!renew && isOver(next)) next = await config.credentials({ renew: true, signal });
    signal.throwIfAborted();
    const fault = credentialsFault(next);
    if (fault !== undefined) throw kubeconfigFault(`for the API server ${config.server} there is ${fault}`);
    readAt = clock.now();
    const isSameTls =
      next.ca === credentials.ca && next.certificate === credentials.certificate && next.key === credentials.key;
    let agent = connected?.agent;
    if (agent === undefined || !isSameTls) {
      // What is under way on the old connections may end there.
      const old = agent;
      void old?.close().finally(() => agents.delete(old));
      agent = await createAgent(config, next);
      agents.add(agent);
    }
    const authorization = next.token === undefined ? undefined : `Bearer ${next.token}`;
    if (agent !== connected?.agent || authorization !== connected.authorization) connected = { agent, authorization };
    credentials = next;
    return connected;
  }

  /** One at a time: a program that asks a person for a password must not run twice. */
  function readOnce(renew: boolean): Promise<Connected> {
    reading ??= read(renew).finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function replaced(refused: Connected, why: 'credentials' | 'roots'): Promise<Connected> {
    await reading?.catch(() => {});
    // Somebody else was refused before us.
    if (connected !== undefined && connected !== refused) return connected;
    return await readOnce(why === 'credentials');
  }

  return {
    async current(signal) {
      if (connected !== undefined && !isOver(credentials) && Math.abs(clock.now() - readAt) < READ_AGAIN_AFTER)
        return connected;
      try {
        return await unlessAborted(readOnce(false), signal);
      } catch (error) {
        signal.throwIfAborted();
        // Files that are just being replaced: what we have is good for a while.
        if (connected !== undefined && !isOver(credentials)) return connected;
        throw error;
      }
    },
    renewed: (refused, why, signal) => unlessAborted(replaced(refused, why), signal),
    async close() {
      closing.abort();
      await Promise.all([...agents].map((agent) => agent.destroy()));
    },
  };
}

/** What is waited for may take as long as a person takes to log in. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
