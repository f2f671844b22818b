/** Work that goes on after its request was answered. */
export interface Background {
  later(task: (signal: AbortSignal) => Promise<void>): void;
  /** Ends what is under way and waits for it. */
  stop(): Promise<void>;
}

export function startBackground(): Background {
  const ended = new AbortController();
  const running = new Set<Promise<void>>();
  return {
    later(task) {
      const run = task(ended.signal)
        // A task ends with a result in the CA's state; what is thrown is the end of the CA, or leaves its order as it is.
        .catch(() => {})
        .finally(() => running.delete(run));
      running.add(run);
    },
    async stop() {
      ended.abort(new Error('the rehearsal CA has stopped'));
      await Promise.all(running);
    },
  };
}
