import type { Clock } from '../../core/clock.ts';
import { keyOf } from './object.ts';
import type { KubeObject } from './object.ts';

/** How many events one object may have: some at once, and then one in a while. A loop must not fill etcd with events. */
export interface EventBudget {
  take(about: KubeObject): boolean;
}

const AT_ONCE = 25;
const ONE_EACH = 60_000;
const MOST_OBJECTS = 4096;

export function createEventBudget(clock: Clock): EventBudget {
  /** Of each object the time at which its budget is whole again; in the order of use. */
  const fullAt = new Map<string, number>();

  return {
    take(about) {
      const key = `${about.kind} ${keyOf(about)}`;
      const now = clock.now();
      const next = Math.max(fullAt.get(key) ?? now, now) + ONE_EACH;
      fullAt.delete(key);
      fullAt.set(key, Math.min(next, now + AT_ONCE * ONE_EACH));
      if (fullAt.size > MOST_OBJECTS) {
        const [oldest] = fullAt.keys();
        if (oldest !== undefined) fullAt.delete(oldest);
      }
      return next <= now + AT_ONCE * ONE_EACH;
    },
  };
}
