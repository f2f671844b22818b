import type { LoadedConfig, ZoneConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { ProcessLock } from '../store/process-lock.ts';
import { startChallengeServer } from './challenge-server.ts';
import { openDataFolder, SERVE_LOCK } from './data-folder.ts';
import type { DataFolder } from './data-folder.ts';
import { dnsOptions } from './dns-options.ts';
import { withCleanup } from './with-cleanup.ts';

export interface StandBy {
  stop(): Promise<void>;
}

/** How often it is looked whether the other process still serves, in ms. */
const LOOK_EVERY = 1000;

/**
 * Lets another process serve the zone, from the same data folder, and serves in its place when that ends: a challenge that waits for the
 * CA must not lose its answer with somebody else's process. A `serve` that is just being started again is let go first.
 */
export function standBy(loaded: LoadedConfig, zone: ZoneConfig, clock: Clock): StandBy {
  const stop = new AbortController();
  const { signal } = stop;

  // A database connection of its own: to it, what this process stores comes from somebody else, as all else that it serves.
  const watching = withCleanup(async (later) => {
    const folder = await openDataFolder(loaded.config.data, loaded);
    later(() => folder.close());
    for (;;) {
      const lock = await freeLock(folder, clock, signal);
      await serveFrom(folder, lock).catch(() => {});
    }
  });
  watching.catch(() => {});

  /** Until the signal aborts, or at once when the port is taken: then whoever has it is watched again. */
  async function serveFrom(folder: DataFolder, lock: ProcessLock): Promise<void> {
    await withCleanup(async (later) => {
      later(() => lock.release());
      const server = await startChallengeServer({ ...dnsOptions(loaded), zone, store: folder.zoneStore, clock });
      later(() => server.stop());
      await clock.sleep(Infinity, signal);
    });
  }

  return {
    async stop() {
      stop.abort();
      await watching.catch(() => {});
    },
  };
}

/** The lock, once nobody has had it at two looks in a row. Rejects when the signal aborts. */
async function freeLock(folder: DataFolder, clock: Clock, signal: AbortSignal): Promise<ProcessLock> {
  for (let looks = 0; ;) {
    await clock.sleep(LOOK_EVERY, signal);
    const lock = folder.tryLock(SERVE_LOCK);
    looks = lock === undefined ? 0 : looks + 1;
    if (lock !== undefined && looks > 1) return lock;
    lock?.release();
  }
}
