const HOUR = 3_600_000;

/** `--certificate-request-minimum-backoff-duration` and its maximum, in ms. */
export interface BackoffBounds {
  readonly minimum: number;
  readonly maximum: number;
}

export const defaultBackoffBounds: BackoffBounds = { minimum: HOUR, maximum: 32 * HOUR };

/**
 * When an issuance that has failed may be tried again, in ms since the epoch: twice as long after each failure. Undefined when none has failed.
 * `failedAttempts` may be missing in objects that an older version wrote: then it was one.
 */
export function retryTime(
  failure: { readonly lastFailureTime: number | undefined; readonly failedAttempts: number | undefined },
  bounds: BackoffBounds,
): number | undefined {
  if (failure.lastFailureTime === undefined) return undefined;
  const doublings = Math.min(Math.max((failure.failedAttempts ?? 1) - 1, 0), 50);
  return failure.lastFailureTime + Math.min(bounds.minimum * 2 ** doublings, bounds.maximum);
}
