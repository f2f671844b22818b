// Loaded into the process of each test file. Node's own --test-timeout marks the tests as failed, but a file that left something running
// would never end, and the whole run would wait for it.
import { isMainThread } from 'node:worker_threads';

/** The slowest files need two minutes on a busy machine of two cores. */
const DEADLINE = 420_000;

if (isMainThread && process.env.NODE_TEST_CONTEXT?.startsWith('child')) {
  setTimeout(() => {
    const left = process.getActiveResourcesInfo().join(', ');
    console.error(`${process.argv[1]}: still running after ${DEADLINE / 1000} s, ended by force; left open: ${left}`);
    process.exit(1);
  }, DEADLINE).unref();
}
