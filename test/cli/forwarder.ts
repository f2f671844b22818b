import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { decodeMessage } from '../../src/dns/message.ts';
import type { NameServer } from '../../src/dns/query.ts';

export interface Forwarder {
  readonly server: NameServer;
  stop(): Promise<void>;
}

/**
 * A resolver of the simplest kind: hands each question on, by UDP, to the server that has the zone. `serverOf` says which; a question
 * whose server does not answer stays without an answer, as with a real one.
 */
export async function startForwarder(serverOf: (name: string) => NameServer): Promise<Forwarder> {
  const socket = createSocket('udp4');
  const upstream = new Set<Socket>();
  socket.on('message', (question, from) => {
    const name = decodeMessage(question).questions[0]?.name.toLowerCase() ?? '';
    const { address, port } = serverOf(name);
    const out = createSocket('udp4');
    upstream.add(out);
    const end = (): void => {
      if (upstream.delete(out)) out.close();
    };
    out.on('error', end);
    out.once('message', (answer) => {
      socket.send(answer, from.port, from.address);
      end();
    });
    setTimeout(end, 5000).unref();
    out.send(question, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    server: { address: '127.0.0.1', port: socket.address().port },
    stop: () =>
      new Promise((resolve) => {
        for (const out of upstream) out.close();
        upstream.clear();
        socket.close(() => resolve());
      }),
  };
}
