import { KubeError } from './kube-error.ts';

const NEWLINE = 0x0a;
/** An object in etcd has at most 1.5 MiB; as JSON somewhat more. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** The values of a stream with one JSON value on each line. Reads on only as fast as they are taken. */
export async function* jsonLines(body: AsyncIterable<Uint8Array>): AsyncGenerator {
  let pieces: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      pieces.push(chunk.subarray(start, end));
      start = end + 1;
      const line = Buffer.concat(pieces).toString('utf8');
      pieces = [];
      size = 0;
      if (line.trim() !== '') yield parseLine(line);
    }
    const rest = chunk.subarray(start);
    size += rest.length;
    if (size > LONGEST_LINE)
      throw new KubeError('kube-unavailable', 'the API server sent an event of more than 16 MiB');
    if (rest.length > 0) pieces.push(rest);
  }
  // What is left has no end of line: the connection broke in the middle of it.
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new KubeError('kube-unavailable', 'the API server sent an event that is not JSON', { cause: error });
  }
}
