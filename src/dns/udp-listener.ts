import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { UDP_LIMIT } from './answer.ts';
import { COUNTER } from './counters.ts';
import type { OpenListener, PlannedListener } from './listener.ts';
import type { Responder } from './responder.ts';

/** Bursts wait in the kernel rather than being lost; it gives less where it does not allow as much. */
const SOCKET_BUFFER = 2 ** 20;
const SLOTS = 256;
/** Answers that wait for the network; when it takes no more, further ones are dropped, as it would do itself. */
const MOST_WAITING = 8192;

/** Answers on one UDP socket; resolves when it is bound. */
export async function listenUdp(options: PlannedListener, responder: Responder): Promise<OpenListener> {
  const socket = createSocket({
    type: isIPv6(options.address) ? 'udp6' : 'udp4',
    reusePort: options.shared,
    ipv6Only: options.ipv6Only,
    recvBufferSize: SOCKET_BUFFER,
    sendBufferSize: SOCKET_BUFFER,
    // The peers are addresses already; the default would go through the resolver's door for each packet.
    lookup: (address, _options, found) => found(null, address, 4),
  });
  await bound(socket, options);
  socket.on('message', datagramHandler(socket, responder));
  // An error of one packet (an ICMP message come back) is no reason to stop; binding has its own handler.
  socket.on('error', () => {});
  return { close: () => closed(socket) };
}

/** What of a socket answers need. */
export type DatagramSink = Pick<Socket, 'getSendQueueCount'> & {
  send(datagram: Uint8Array, port: number, address: string): void;
};

/** Takes each packet, answers it through `sink`. Does not allocate on the fast path. */
export function datagramHandler(
  sink: DatagramSink,
  responder: Responder,
): (query: Uint8Array, from: RemoteInfo) => void {
  let ring = new SlotRing();
  return (query, from) => {
    // Nobody can listen there: the address is made up, and `send` would throw.
    if (from.port === 0) return responder.count(COUNTER.DROPPED);
    if (ring.full) {
      const waiting = sink.getSendQueueCount();
      if (waiting > MOST_WAITING) return responder.count(COUNTER.DROPPED);
      ring = waiting === 0 ? ring.again() : new SlotRing();
    }
    const slot = ring.next();
    const length = responder.fast(query, slot.octets, from.address);
    if (length > 0) {
      sink.send(slot.view(length), from.port, from.address);
      return;
    }
    const reply = responder.answer(query, 'udp', from.address);
    if (reply !== undefined) sink.send(reply, from.port, from.address);
  };
}

/**
 * Buffers to send from, used in turn. A packet is mostly gone when `send` returns, but waits with its buffer when the socket is full;
 * so a ring that came to its end is used again only when nothing waits.
 */
class SlotRing {
  readonly #slots: readonly Slot[] = Array.from({ length: SLOTS }, () => new Slot());
  #at = 0;

  get full(): boolean {
    return this.#at === SLOTS;
  }

  next(): Slot {
    return this.#slots[this.#at++] as Slot;
  }

  again(): this {
    this.#at = 0;
    return this;
  }
}

class Slot {
  readonly octets = new Uint8Array(UDP_LIMIT);
  /** Views of the first octets by length: answers have few different lengths, and a new view for each packet is dear. */
  readonly #views: (Uint8Array | undefined)[] = [];

  view(length: number): Uint8Array {
    return (this.#views[length] ??= this.octets.subarray(0, length));
  }
}

function bound(socket: Socket, { address, port }: PlannedListener): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', onError);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', onError);
      resolve();
    });
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(resolve);
  });
}
