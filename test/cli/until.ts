import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY = 10;

/** Waits until something has come about that nobody tells of. Fails after 10 s. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > limit) throw new Error(`it did not come about within 10 s: ${what}`);
    await delay(LOOK_EVERY);
  }
}
