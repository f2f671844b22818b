/** Under which values objects are to be found; kept current by being told of each change. */
export interface KeysByValue<T> {
  change(key: string, before: T | undefined, after: T | undefined): void;
  keys(value: string): Iterable<string>;
}

export function createKeysByValue<T>(valuesOf: (object: T) => readonly string[]): KeysByValue<T> {
  const keysByValue = new Map<string, Set<string>>();

  return {
    change(key, before, after) {
      const now = new Set(after === undefined ? [] : valuesOf(after));
      for (const value of before === undefined ? [] : valuesOf(before)) {
        if (now.has(value)) continue;
        const keys = keysByValue.get(value);
        keys?.delete(key);
        if (keys?.size === 0) keysByValue.delete(value);
      }
      for (const value of now) {
        const keys = keysByValue.get(value) ?? new Set();
        keysByValue.set(value, keys.add(key));
      }
    },
    keys: (value) => keysByValue.get(value) ?? [],
  };
}
