import type { Clock } from '../../core/clock.ts';

/** "Not before" of CAs, by account: what one order was told holds for all of the account. */
export interface AccountGates {
  /** ms since the epoch; undefined when the account may be used now. */
  closedUntil(uri: string): number | undefined;
  close(uri: string, until: number): void;
}

export function createAccountGates(clock: Clock): AccountGates {
  const closed = new Map<string, number>();
  return {
    closedUntil(uri) {
      const until = closed.get(uri);
      if (until === undefined || until > clock.now()) return until;
      closed.delete(uri);
      return undefined;
    },
    close: (uri, until) => void closed.set(uri, Math.max(until, closed.get(uri) ?? 0)),
  };
}
