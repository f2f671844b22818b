import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PlannedListener } from './listener.ts';
import type { Asked, ServedOptions, Tell } from './responder.ts';
import type { ServingThread, ThreadOptions } from './serving-thread.ts';

export interface WorkerData {
  readonly options: ThreadOptions;
  /** Folder of the compile cache, when this thread has one. */
  readonly compileCache: string | undefined;
}

export type ToWorker =
  | { readonly kind: 'open'; readonly listeners: readonly PlannedListener[] }
  | { readonly kind: 'replace'; readonly served: ServedOptions }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: WorkerError }
  | { readonly kind: 'asked'; readonly asked: Asked }
  | { readonly kind: 'fault'; readonly message: string };

interface WorkerError {
  readonly message: string;
  readonly code: string | undefined;
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** This file's own ending: `.ts` from a checkout, `.js` from a build. */
const ENTRY = new URL(`./worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

/** Serves in a new worker thread. `onExit` is told when that ends without having been stopped. */
export function serveInWorker(options: ThreadOptions, tell: Tell, onExit: (error: Error) => void): ServingThread {
  // Node adds a folder for its version to the one it is given.
  const cache = getCompileCacheDir();
  const workerData: WorkerData = { options, compileCache: cache === undefined ? undefined : dirname(cache) };
  const worker = new Worker(ENTRY, { workerData, name: 'dns' });
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  let stopping = false;
  let exitError = new Error('a DNS worker thread has ended');
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'asked') return tell.asked(message.asked);
    if (message.kind === 'fault') return tell.fault(new Error(message.message));
    const asker = waiting.shift();
    if (message.kind === 'done') asker?.resolve();
    else asker?.reject(Object.assign(new Error(message.error.message), message.error));
  });
  worker.on('error', (error: Error) => (exitError = error));
  worker.on('exit', () => {
    for (const asker of waiting.splice(0)) asker.reject(exitError);
    if (!stopping) onExit(exitError);
  });
  const order = (message: ToWorker): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      worker.postMessage(message, []);
    });
  return {
    counters: new Float64Array(options.counters),
    open: (listeners) => order({ kind: 'open', listeners }),
    replace: (served) => order({ kind: 'replace', served }),
    async stop() {
      if (stopping) return;
      stopping = true;
      if (worker.threadId < 0) return;
      const exit = once(worker, 'exit');
      await order({ kind: 'stop' }).catch(() => worker.terminate());
      await exit;
    },
  };
}
