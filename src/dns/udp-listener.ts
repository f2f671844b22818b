import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { DatagramAnswers } from './datagram-answers.ts';
import type { OpenListener, PlannedListener } from './listener.ts';
import type { Responder } from './responder.ts';

/** Bursts wait in the kernel rather than being lost; it gives less where it does not allow as much. */
const SOCKET_BUFFER = 2 ** 20;

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
  const answers = new DatagramAnswers(socket, responder);
  socket.on('message', (query, from) => answers.take(query, from));
  // An error of one packet (an ICMP message come back) is no reason to stop; binding has its own handler.
  socket.on('error', () => {});
  return {
    close() {
      answers.flush();
      return closed(socket);
    },
  };
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
