/** Keys with the time at which each is due; of several times of one key the earliest holds. A binary heap: fleets have tens of thousands. */
export interface DelayedKeys {
  /** Whether the earliest time of all is another now. */
  add(key: string, time: number): boolean;
  earliest(): number | undefined;
  /** Takes out the keys that are due. */
  due(now: number): string[];
  readonly size: number;
}

interface Entry {
  readonly key: string;
  readonly time: number;
}

export function createDelayedKeys(): DelayedKeys {
  const heap: Entry[] = [];
  const times = new Map<string, number>();

  /** An entry that a later `add` has replaced by an earlier one stays in the heap, and is passed over. */
  const isStale = ({ key, time }: Entry): boolean => times.get(key) !== time;

  function first(): Entry | undefined {
    while (heap[0] !== undefined && isStale(heap[0])) pop();
    return heap[0];
  }

  function pop(): void {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      if (left === undefined) break;
      const [child, next] = right !== undefined && right.time < left.time ? [right, 2 * at + 2] : [left, 2 * at + 1];
      if (child.time >= last.time) break;
      heap[at] = child;
      at = next;
    }
    heap[at] = last;
  }

  function push(entry: Entry): void {
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.time <= entry.time) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  return {
    add(key, time) {
      const known = times.get(key);
      if (known !== undefined && known <= time) return false;
      const before = first()?.time;
      times.set(key, time);
      push({ key, time });
      return before === undefined || time < before;
    },
    earliest: () => first()?.time,
    due(now) {
      const keys: string[] = [];
      for (let entry = first(); entry !== undefined && entry.time <= now; entry = first()) {
        keys.push(entry.key);
        times.delete(entry.key);
      }
      return keys;
    },
    get size() {
      return times.size;
    },
  };
}
