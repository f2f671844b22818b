import { setTimeout as delay } from 'node:timers/promises';
import { inControllerWorld } from './controller-world.ts';
import type { Figure } from './figure.ts';
import { residentMegabytes, untilAtRest } from './process-usage.ts';

/** By then a controller has seen that there is nothing to do, and given back what its start has left behind; in ms. */
const SETTLING = 30_000;

/** Memory of a controller that has nothing to do, with its DNS server. */
export async function measureAtRest(): Promise<readonly Figure[]> {
  return inControllerWorld(async (world) => {
    // The first start after a change compiles what has changed; all others find it compiled.
    await world.restart();
    const { pid } = world.controller;
    await untilAtRest(pid, 60_000);
    await delay(SETTLING);
    return [
      {
        name: 'restMegabytes',
        about: 'memory with nothing to do, DNS server included',
        certManager: '157 MB in three processes, acme-dns 26 MB',
        measured: residentMegabytes(pid),
        atMost: 110,
        unit: 'MB',
      },
    ];
  });
}
