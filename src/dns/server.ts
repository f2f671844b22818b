import { DomainError } from '../core/error.ts';
import type { DomainName } from '../core/domain-name.ts';
import { type DnsCounters, sumCounters } from './counters.ts';
import { planListeners } from './free-ports.ts';
import { listenError } from './listen-error.ts';
import type { Listener, PlannedListener } from './listener.ts';
import type { NameTable } from './name-table.ts';
import type { ServedOptions, Tell } from './responder.ts';
import { counterMemory, serveHere, type ServingThread, type ThreadOptions } from './serving-thread.ts';
import { buildZone } from './static-zone.ts';
import { DEFAULT_TCP_LIMITS, type TcpLimits } from './tcp-listener.ts';
import { serveInWorker } from './worker-thread.ts';
import type { ZoneOptions } from './zone.ts';

export interface DnsServerOptions {
  readonly listeners: readonly Listener[];
  readonly zones: readonly ZoneOptions[];
  /** Names with TXT values that change; each belongs to the zone it lies in. */
  readonly names?: NameTable;
  /** Threads that answer. 0: this thread does. */
  readonly workers: number;
  /** What a question outside the zones gets. Default `refused`. */
  readonly foreignZone?: 'refused' | 'nxdomain';
  /** Answers a second and thread, over UDP, to such questions; further ones are dropped. 0: no limit, the default. */
  readonly foreignRate?: number;
  /** The TXT values of a watched name were answered; thinned out when it happens often. `from` is not proven over UDP. */
  readonly onAsked?: (asked: { name: DomainName; from: string }) => void;
  /** A defect: an answer failed (the client got SERVFAIL), or a worker thread did (another is started in its place). */
  readonly onFault?: (error: unknown) => void;
  readonly tcpLimits?: Partial<TcpLimits>;
  /** Stops the server when aborted. */
  readonly signal?: AbortSignal;
}

export interface DnsServer {
  /** With real ports; UDP and TCP on port 0 of one address have one number. */
  readonly addresses: readonly Listener[];
  /** The machine has no IPv6: listeners at `::` were left out, and IPv4 is served. */
  readonly withoutIPv6: boolean;
  /**
   * When it resolves, every answer is by the new zones.
   * @throws DomainError `invalid-zone`, and then the old ones stay
   */
  replaceZones(zones: readonly ZoneOptions[]): Promise<void>;
  counters(): DnsCounters;
  stop(): Promise<void>;
}

/** How long a thread's place stays empty, in ms. Not at once: what fails at its start would fail again and again. */
const RESTART_DELAY = 200;
const LONGEST_RESTART_DELAY = 10_000;

/**
 * Starts to serve; resolves when all listeners answer.
 * @throws DomainError `port-in-use`, `port-forbidden`, `invalid-listener`, `no-ipv6`, `invalid-zone`
 */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  options.signal?.throwIfAborted();
  let served = checked(options, options.zones, 0);
  const listeners = await planListeners(options.listeners, options.workers > 0);
  const limits = { ...DEFAULT_TCP_LIMITS, ...options.tcpLimits };
  const tell: Tell = {
    asked: ({ name, from }) => options.onAsked?.({ name: name as DomainName, from }),
    fault: (error) => options.onFault?.(error),
  };
  const threads = new Set<ServingThread>();
  const past: Float64Array[] = [];
  let stopped: Promise<void> | undefined;

  const start = async (): Promise<void> => {
    const threadOptions: ThreadOptions = { served, limits, counters: counterMemory() };
    let opened = false;
    const onExit = (error: Error): void => {
      // One that ends before it listens is told of by `open`.
      if (!opened) return;
      threads.delete(thread);
      past.push(thread.counters);
      options.onFault?.(error);
      restartAfter(RESTART_DELAY);
    };
    const thread = options.workers > 0 ? serveInWorker(threadOptions, tell, onExit) : serveHere(threadOptions, tell);
    threads.add(thread);
    try {
      await open(thread, listeners);
      opened = true;
    } catch (error) {
      threads.delete(thread);
      await thread.stop();
      throw error;
    }
  };
  /** Until it listens again: somebody else may have had the port for a moment. */
  const restartAfter = (delay: number): void => {
    setTimeout(() => {
      if (stopped !== undefined) return;
      start().catch((error: unknown) => {
        options.onFault?.(error);
        restartAfter(Math.min(delay * 2, LONGEST_RESTART_DELAY));
      });
    }, delay).unref();
  };
  const stop = (): Promise<void> => (stopped ??= stopAll(threads));
  try {
    await Promise.all(Array.from({ length: Math.max(1, options.workers) }, start));
  } catch (error) {
    await stop();
    throw error;
  }
  options.signal?.addEventListener('abort', () => void stop(), { once: true });
  return {
    addresses: listeners.map(({ address, port, transport }) => ({ address, port, transport })),
    withoutIPv6: listeners.length < options.listeners.length,
    async replaceZones(zones) {
      served = checked(options, zones, served.serial);
      await Promise.all([...threads].map((thread) => thread.replace(served)));
    },
    counters: () => sumCounters([...past, ...[...threads].map((thread) => thread.counters)]),
    stop,
  };
}

/** Zones that are found to be right here, so that no thread fails over them. The serial moves with each change (RFC 1982). */
function checked(options: DnsServerOptions, zones: readonly ZoneOptions[], lastSerial: number): ServedOptions {
  const serial = Math.max(lastSerial + 1, Math.floor(Date.now() / 1000));
  const origins = new Set(zones.map((zone) => buildZone(zone, serial).origin));
  if (origins.size < zones.length)
    throw new DomainError('invalid-zone', 'a zone is there twice; put its records into one');
  return {
    zones,
    serial,
    memory: options.names?.memory,
    foreignZone: options.foreignZone ?? 'refused',
    foreignRate: options.foreignRate ?? 0,
  };
}

async function open(thread: ServingThread, listeners: readonly PlannedListener[]): Promise<void> {
  try {
    await thread.open(listeners);
  } catch (error) {
    const about = error as { address?: string; port?: number } | undefined;
    const [first] = listeners;
    const listener = listeners.find(({ address, port }) => address === about?.address && port === about.port) ?? first;
    throw listener === undefined ? error : listenError(error, listener);
  }
}

async function stopAll(threads: ReadonlySet<ServingThread>): Promise<void> {
  await Promise.all([...threads].map((thread) => thread.stop()));
}
