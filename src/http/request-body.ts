import type { IncomingMessage } from 'node:http';

/**
 * Reads the whole body, up to `limit` bytes. `too-large` as soon as that is known, the rest unread; `aborted` when the
 * client went away or was cut off.
 */
export function readRequestBody(incoming: IncomingMessage, limit: number): Promise<Buffer | 'too-large' | 'aborted'> {
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  if (length === undefined && encoding === undefined) return Promise.resolve(Buffer.alloc(0));
  if (Number(length ?? 0) > limit) return Promise.resolve('too-large');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (result: Buffer | 'too-large' | 'aborted') => {
      incoming.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      // The stream may still fail after it is settled; nobody needs to know then.
      incoming.on('error', () => {});
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) settle('too-large');
      else chunks.push(chunk);
    };
    const onEnd = () => settle(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    const onGone = () => settle('aborted');
    incoming.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}
