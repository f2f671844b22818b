import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY = 10;

/** Waits until something has come about that nobody tells of. Fails after 10 s, or after `within` ms. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, within = 10_000): Promise<void> {
  const limit = performance.now() + within;
  while (!(await isSo())) {
    if (performance.now() > limit) throw new Error(`it did not come about within ${within} ms: ${what}`);
    await delay(LOOK_EVERY);
  }
}
