/** Which objects are to be looked at again when a Secret changes. Keys are `namespace/name`. */
export interface WatchedSecrets {
  /** From now on these, in place of those before. */
  watch(watcher: string, secrets: readonly string[]): void;
  forget(watcher: string): void;
  watchersOf(secret: string): readonly string[];
}

export function createWatchedSecrets(): WatchedSecrets {
  const bySecret = new Map<string, Set<string>>();
  const byWatcher = new Map<string, readonly string[]>();

  function forget(watcher: string): void {
    for (const secret of byWatcher.get(watcher) ?? []) {
      const watchers = bySecret.get(secret);
      watchers?.delete(watcher);
      if (watchers?.size === 0) bySecret.delete(secret);
    }
    byWatcher.delete(watcher);
  }

  return {
    watch(watcher, secrets) {
      forget(watcher);
      byWatcher.set(watcher, secrets);
      for (const secret of secrets) {
        const watchers = bySecret.get(secret) ?? new Set();
        bySecret.set(secret, watchers.add(watcher));
      }
    },
    forget,
    watchersOf: (secret) => [...(bySecret.get(secret) ?? [])],
  };
}
