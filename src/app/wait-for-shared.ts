/** Waits for what others wait for as well: when the signal aborts, this wait ends, and not what is waited for. */
export function waitForShared<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const settled = () => signal.removeEventListener('abort', abort);
    shared.finally(settled).then(resolve, reject);
  });
}
