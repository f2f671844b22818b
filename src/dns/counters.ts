import { rcodeName, type Rcode } from './message.ts';

/** What a server has done since it started, all threads together. */
export interface DnsCounters {
  readonly queries: number;
  /** Of the queries: those that came over TCP. */
  readonly overTcp: number;
  readonly answers: Readonly<Partial<Record<Rcode, number>>>;
  /** Answers cut short with TC. */
  readonly truncated: number;
  /** Packets that got no answer: answers sent to us, and what is no DNS message at all. */
  readonly dropped: number;
  /** TCP connections closed because there were too many, they were idle or slow, or sent nonsense. */
  readonly connectionsCut: number;
}

export const COUNTER = { QUERIES: 0, OVER_TCP: 1, TRUNCATED: 2, DROPPED: 3, CONNECTIONS_CUT: 4, RCODES: 8 } as const;
const COUNTERS = COUNTER.RCODES + 16;
export const COUNTER_OCTETS = COUNTERS * Float64Array.BYTES_PER_ELEMENT;

/** The sum of the threads' own counters. Each is written by one thread alone, so nothing is lost; a sum may be a moment old. */
export function sumCounters(threads: readonly Float64Array[]): DnsCounters {
  const sum = (at: number): number => threads.reduce((total, counters) => total + (counters[at] ?? 0), 0);
  const answers: Partial<Record<Rcode, number>> = {};
  for (let code = 0; code < 16; code++) {
    const count = sum(COUNTER.RCODES + code);
    if (count > 0) answers[rcodeName(code)] = count;
  }
  return {
    queries: sum(COUNTER.QUERIES),
    overTcp: sum(COUNTER.OVER_TCP),
    answers,
    truncated: sum(COUNTER.TRUNCATED),
    dropped: sum(COUNTER.DROPPED),
    connectionsCut: sum(COUNTER.CONNECTIONS_CUT),
  };
}
