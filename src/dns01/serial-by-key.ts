/** Runs tasks of one key one after another in the order they came, and tasks of different keys side by side. */
export type SerialByKey = <T>(key: string, task: () => Promise<T>) => Promise<T>;

export function createSerialByKey(): SerialByKey {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, task) => {
    const before = tails.get(key) ?? Promise.resolve();
    // The task runs whatever became of the one before it: that failure belongs to its own caller.
    const run = before.then(task, task);
    const tail = run.catch(() => {});
    tails.set(key, tail);
    try {
      return await run;
    } finally {
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
}
