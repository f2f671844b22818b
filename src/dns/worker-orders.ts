import { parentPort, workerData } from 'node:worker_threads';
import { assertNever } from '../core/assert-never.ts';
import { messageOf } from '../core/error.ts';
import { serveHere } from './serving-thread.ts';
import type { FromWorker, ToWorker, WorkerData } from './worker-thread.ts';

// A worker thread: carries out what the main thread says, one thing after the other, and says when it is done.
const port = parentPort;
if (port === null) throw new Error('this runs as a worker thread of the DNS server only');
const say = (message: FromWorker): void => port.postMessage(message);
const thread = serveHere((workerData as WorkerData).options, {
  asked: (asked) => say({ kind: 'asked', asked }),
  fault: (error) => say({ kind: 'fault', message: messageOf(error) }),
});

function carryOut(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'open':
      return thread.open(message.listeners);
    case 'replace':
      return thread.replace(message.served);
    case 'stop':
      return thread.stop();
    default:
      return assertNever(message);
  }
}

async function obey(message: ToWorker): Promise<void> {
  try {
    await carryOut(message);
    say({ kind: 'done' });
  } catch (error) {
    // An Error keeps its class on the way, but not the properties that tell what it is about.
    const {
      message: text,
      code,
      address,
      port: number,
    } = error as NodeJS.ErrnoException & { address?: string; port?: number };
    say({ kind: 'failed', error: { message: text, code, address, port: number } });
  }
  if (message.kind === 'stop') port?.close();
}

port.on('message', (message: ToWorker) => void obey(message));
