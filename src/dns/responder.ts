import { answer, serverFailure, type Transport } from './answer.ts';
import { plainAddress } from './address.ts';
import { COUNTER } from './counters.ts';
import { askedName, FastAnswer } from './fast-answer.ts';
import { ForeignLimit } from './foreign-limit.ts';
import type { Served } from './lookup.ts';
import { NameTableReader } from './name-table-reader.ts';
import { lowerName } from './name.ts';
import { buildZone } from './static-zone.ts';
import type { ZoneOptions } from './zone.ts';

/** All that a thread needs to serve; plain data and shared memory, so that it can be sent there. */
export interface ServedOptions {
  readonly zones: readonly ZoneOptions[];
  readonly serial: number;
  readonly memory: SharedArrayBuffer | undefined;
  readonly foreignZone: 'refused' | 'nxdomain';
  /** Answers a second over UDP to questions for other zones; 0: no limit. */
  readonly foreignRate: number;
}

/** What a thread tells the main one. */
export interface Tell {
  asked(asked: Asked): void;
  /** An answer failed where it never should; the client got SERVFAIL, and the thread goes on. */
  fault(error: unknown): void;
}

export interface Asked {
  readonly name: string;
  readonly from: string;
}

/** Reports of one thread are thinned to this many a second: they are for people, and anybody can ask. */
const MOST_REPORTS = 50;

/** Answers the queries of one thread, fast where it can, and counts. */
export class Responder {
  readonly counters: Float64Array;
  readonly #tell: Tell;
  #served: Served;
  #fast: FastAnswer;
  #foreign: ForeignLimit;
  #reports = 0;
  #reportsSince = 0;

  constructor(options: ServedOptions, counters: Float64Array, tell: Tell) {
    this.counters = counters;
    this.#tell = tell;
    this.#served = build(options);
    this.#fast = new FastAnswer(this.#served);
    this.#foreign = foreignLimit(this.#served, options);
  }

  replace(options: ServedOptions): void {
    this.#served = build(options);
    this.#fast = new FastAnswer(this.#served);
    this.#foreign = foreignLimit(this.#served, options);
  }

  /** Whether a packet that the fast path has not answered is one too many for other zones; it is counted as dropped then. */
  drops(query: Uint8Array): boolean {
    const dropped = this.#foreign.drops(query, performance.now());
    if (dropped) this.count(COUNTER.DROPPED);
    return dropped;
  }

  /** Tries the fast path: the length of the answer in `out`, or 0 when `answer` must be asked. */
  fast(query: Uint8Array, out: Uint8Array, from: string): number {
    const length = this.#fast.answer(query, out);
    if (length === 0) return 0;
    const { counters } = this;
    counters[COUNTER.QUERIES] = (counters[COUNTER.QUERIES] as number) + 1;
    counters[COUNTER.RCODES] = (counters[COUNTER.RCODES] as number) + 1;
    if (this.#fast.watched) this.#report(askedName(query), from);
    return length;
  }

  /** The answer to any query, or undefined when it gets none. */
  answer(query: Uint8Array, transport: Transport, from: string): Uint8Array | undefined {
    const reply = this.#answer(query, transport, from);
    if (reply === undefined) {
      this.count(COUNTER.DROPPED);
      return undefined;
    }
    this.count(COUNTER.QUERIES);
    if (transport === 'tcp') this.count(COUNTER.OVER_TCP);
    this.count(COUNTER.RCODES + ((reply[3] ?? 0) & 0xf));
    if (((reply[2] ?? 0) & 0x02) !== 0) this.count(COUNTER.TRUNCATED);
    return reply;
  }

  count(counter: number): void {
    this.counters[counter] = (this.counters[counter] ?? 0) + 1;
  }

  #answer(query: Uint8Array, transport: Transport, from: string): Uint8Array | undefined {
    try {
      return answer(query, this.#served, transport, (name) => this.#report(name, from));
    } catch (error) {
      this.#tell.fault(error);
      return serverFailure(query);
    }
  }

  #report(name: string, from: string): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#reportsSince) {
      this.#reportsSince = second;
      this.#reports = 0;
    }
    this.#reports += 1;
    if (this.#reports <= MOST_REPORTS) this.#tell.asked({ name: lowerName(name), from: plainAddress(from) });
  }
}

function foreignLimit({ zones }: Served, { foreignRate }: ServedOptions): ForeignLimit {
  return new ForeignLimit(
    zones.map(({ origin }) => origin),
    foreignRate,
  );
}

function build(options: ServedOptions): Served {
  const zones = options.zones.map((zone) => buildZone(zone, options.serial));
  const names = options.memory === undefined ? undefined : new NameTableReader(options.memory);
  return {
    zones: zones.toSorted((one, other) => other.origin.length - one.origin.length),
    names,
    foreignZone: options.foreignZone,
  };
}
