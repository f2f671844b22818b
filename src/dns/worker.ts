import { enableCompileCache } from 'node:module';
import { workerData } from 'node:worker_threads';
import type { WorkerData } from './worker-thread.ts';

// The entry of a worker thread. Without a compile cache of its own, a thread would compile all its modules at every start: most of the
// time until the first answer.
const { compileCache } = workerData as WorkerData;
if (compileCache !== undefined) enableCompileCache(compileCache);
await import('./worker-orders.ts');
