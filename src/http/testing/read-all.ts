import type { Socket } from 'node:net';

/** All that comes until the connection is closed; one that is cut counts as closed. */
export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.on('close', resolve));
  return text;
}
