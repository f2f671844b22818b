import { createServer, type Server, type Socket } from 'node:net';
import { Line, type Place } from '../core/line.ts';
import { COUNTER } from './counters.ts';
import type { OpenListener, PlannedListener } from './listener.ts';
import type { Responder } from './responder.ts';
import { TcpFrames, tcpFrame } from './tcp-frames.ts';

export interface TcpLimits {
  /** Connections of one thread; beyond it the one that has been idle longest is closed, so that nobody can keep others out. */
  readonly connections: number;
  /** Milliseconds without a query until a connection is closed (RFC 7766 section 6.2.3). */
  readonly idle: number;
  /** Milliseconds for one message to come in whole. */
  readonly message: number;
  /** Octets of one query. */
  readonly query: number;
  /** Octets of answers that wait for a client to take them; beyond it the connection is closed. */
  readonly unsent: number;
}

export const DEFAULT_TCP_LIMITS: TcpLimits = {
  connections: 256,
  idle: 10_000,
  message: 3000,
  query: 4096,
  unsent: 262_144,
};

/** Answers on one TCP port; resolves when it listens. */
export async function listenTcp(
  options: PlannedListener,
  responder: Responder,
  limits: TcpLimits,
): Promise<OpenListener> {
  /** The connections, the one idle longest first. */
  const connections = new Line<Connection>();
  const server = createServer({ noDelay: true }, (socket) => {
    if (connections.size >= limits.connections) connections.first?.cut();
    const connection = new Connection(socket, responder, limits, connections);
    connection.begin();
  });
  await listening(server, options);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const connection of connections) connection.end();
      await closed;
    },
  };
}

class Connection {
  readonly #socket: Socket;
  readonly #responder: Responder;
  readonly #limits: TcpLimits;
  readonly #all: Line<Connection>;
  #place: Place;
  readonly #frames: TcpFrames;
  readonly #from: string;
  #deadline: NodeJS.Timeout;
  #wasUnfinished = false;

  constructor(socket: Socket, responder: Responder, limits: TcpLimits, all: Line<Connection>) {
    this.#socket = socket;
    this.#responder = responder;
    this.#limits = limits;
    this.#all = all;
    this.#place = all.join(this);
    this.#frames = new TcpFrames(limits.query);
    this.#from = socket.remoteAddress ?? '';
    this.#deadline = setTimeout(() => this.cut(), limits.idle);
  }

  begin(): void {
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('error', () => this.end());
    this.#socket.on('close', () => this.end());
  }

  /** Closes it because it broke a limit. */
  cut(): void {
    this.#responder.count(COUNTER.CONNECTIONS_CUT);
    this.end();
  }

  end(): void {
    clearTimeout(this.#deadline);
    this.#place.leave();
    this.#socket.destroy();
  }

  #take(chunk: Uint8Array): void {
    let queries: Uint8Array[];
    try {
      queries = this.#frames.push(chunk);
    } catch {
      this.cut();
      return;
    }
    for (const query of queries) {
      const reply = this.#responder.answer(query, 'tcp', this.#from);
      if (reply === undefined) return this.cut();
      this.#socket.write(tcpFrame(reply));
    }
    if (this.#socket.writableLength > this.#limits.unsent) return this.cut();
    if (queries.length > 0) {
      this.#place.leave();
      this.#place = this.#all.join(this);
    }
    // A message that has begun gets its own time, which more octets of it do not extend; a whole one starts the idle time anew.
    if (this.#frames.unfinished && (!this.#wasUnfinished || queries.length > 0)) this.#expire(this.#limits.message);
    else if (queries.length > 0) this.#expire(this.#limits.idle);
    this.#wasUnfinished = this.#frames.unfinished;
  }

  #expire(milliseconds: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.cut(), milliseconds);
  }
}

function listening(server: Server, { address, port, shared, ipv6Only }: PlannedListener): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, reusePort: shared, ipv6Only, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
