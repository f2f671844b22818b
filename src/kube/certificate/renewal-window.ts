import { Cron } from 'croner';
import { messageOf } from '../../core/error.ts';
import { fromGoDuration } from './go-duration.ts';

/** One of `spec.renewal.windows`. */
export interface RenewalWindow {
  readonly cron: string;
  readonly windowDuration: string;
  readonly timezone?: string | undefined;
}

export type Placement =
  | { readonly kind: 'at'; readonly at: number }
  | { readonly kind: 'no-window'; readonly message: string };

/**
 * The time in a window for a renewal that is wanted at `desired` (ms since the epoch): then, when a window is open, or else when the next
 * one opens, as long as the certificate has not ended by `notAfter`. A window that opens later would be of no use.
 */
export function placeInWindow(desired: number, notAfter: number, windows: readonly RenewalWindow[]): Placement {
  let earliest = Number.POSITIVE_INFINITY;
  for (const window of windows) {
    const opening = nextOpening(window, desired);
    if (typeof opening === 'string') return { kind: 'no-window', message: opening };
    earliest = Math.min(earliest, Math.max(opening, desired));
  }
  if (earliest < notAfter) return { kind: 'at', at: earliest };
  const wanted = new Date(desired).toISOString();
  return {
    kind: 'no-window',
    message: `none of the renewal windows opens between ${wanted} and the end of the certificate`,
  };
}

/** Of all times at which the window opens, the first that it is still open at `desired` or later; a sentence when there is no telling. */
function nextOpening({ cron, windowDuration, timezone }: RenewalWindow, desired: number): number | string {
  const duration = fromGoDuration(windowDuration);
  if (duration === undefined) return `the duration "${windowDuration}" of a renewal window cannot be read`;
  try {
    const schedule = new Cron(cron, {
      timezone: timezone === '' ? 'UTC' : (timezone ?? 'UTC'),
      mode: '5-part',
      paused: true,
    });
    // An opening after this instant is either still open at `desired` or yet to come. The library looks for times after the one it is given.
    const since = desired - Math.max(duration, 1000);
    return schedule.nextRun(new Date(since))?.getTime() ?? Number.POSITIVE_INFINITY;
  } catch (error) {
    return `the renewal window "${cron}"${timezone ? ` in "${timezone}"` : ''} cannot be understood: ${messageOf(error)}`;
  }
}
