import { assertNever } from '../core/assert-never.ts';
import { COUNTER_OCTETS } from './counters.ts';
import type { OpenListener, PlannedListener } from './listener.ts';
import { Responder, type ServedOptions, type Tell } from './responder.ts';
import { listenTcp, type TcpLimits } from './tcp-listener.ts';
import { listenUdp } from './udp-listener.ts';

/** A thread that serves: this one, or a worker. */
export interface ServingThread {
  readonly counters: Float64Array;
  /** Opens all or none. @throws the system's error, with its `code` and the `address` and `port` it is about */
  open(listeners: readonly PlannedListener[]): Promise<void>;
  /** When it resolves, the thread answers by the new zones. */
  replace(served: ServedOptions): Promise<void>;
  stop(): Promise<void>;
}

export interface ThreadOptions {
  readonly served: ServedOptions;
  readonly limits: TcpLimits;
  /** Where the thread counts: COUNTER_OCTETS of memory that the main thread can read. */
  readonly counters: SharedArrayBuffer;
}

export function counterMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(COUNTER_OCTETS);
}

/** Serves in the thread that calls it. */
export function serveHere(options: ThreadOptions, tell: Tell): ServingThread {
  const counters = new Float64Array(options.counters);
  const responder = new Responder(options.served, counters, tell);
  const opened: OpenListener[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(opened.splice(0).map((listener) => listener.close()));
  };
  return {
    counters,
    async open(listeners) {
      try {
        for (const listener of listeners) opened.push(await openListener(listener, responder, options.limits));
      } catch (error) {
        await stop();
        throw error;
      }
    },
    async replace(served) {
      responder.replace(served);
    },
    stop,
  };
}

function openListener(listener: PlannedListener, responder: Responder, limits: TcpLimits): Promise<OpenListener> {
  switch (listener.transport) {
    case 'udp':
      return listenUdp(listener, responder);
    case 'tcp':
      return listenTcp(listener, responder, limits);
    default:
      return assertNever(listener.transport);
  }
}
