import type { Problem } from './problem.ts';
import type { AuthorizationStatus } from './state.ts';

/** What a request is for: one word per row of the routing table. */
export type RequestKind =
  | 'directory'
  | 'newNonce'
  | 'newAccount'
  | 'account'
  | 'orders'
  | 'newOrder'
  | 'order'
  | 'finalize'
  | 'authorization'
  | 'challenge'
  | 'certificate'
  | 'revokeCert'
  | 'keyChange'
  | 'renewalInfo';

/** When a fault happens: at requests of one kind (or any), the first `skip` of them spared, `times` times (1 unless told). */
export interface FaultTiming {
  readonly on: RequestKind | 'any';
  readonly skip?: number;
  readonly times?: number;
}

export type ChainForm =
  | 'other-key'
  | 'missing-name'
  | 'wrong-order'
  | 'trailing-garbage'
  | 'crlf'
  | 'ten-certificates'
  | 'expired';

export type FaultEffect =
  /** Refuses: 429 and 503 with or without Retry-After, a paused account with its unpause link, anything. `headers` may hold Retry-After. */
  | { readonly kind: 'problem'; readonly problem: Problem; readonly headers?: Readonly<Record<string, string>> }
  /** Refuses with a body that is no problem document: an HTML page of a proxy, an empty 404. */
  | { readonly kind: 'body'; readonly status: number; readonly contentType: string; readonly body: string }
  /** `before`: the connection is cut and nothing was done; `during`: all was done, and the answer breaks off half way. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'during' }
  /** Never answers; the client's own timeout has to end it. */
  | { readonly kind: 'silence' }
  /** All nonces given out are stale from now on. */
  | { readonly kind: 'stale-nonces' }
  /** Sets a header of the answer, or drops it: Retry-After with any text, a missing Location. */
  | { readonly kind: 'header'; readonly name: string; readonly value: string | undefined }
  /** On newOrder, order, finalize: the order has expired (RFC 8555 section 7.1.6: pending or ready turns invalid). */
  | { readonly kind: 'order-expired' }
  /** On finalize: `processing`, then invalid with this error (`compound` with subproblems, CAA, ...). */
  | { readonly kind: 'order-invalid'; readonly error: Problem }
  /** On finalize: `processing` for ever. */
  | { readonly kind: 'order-stuck' }
  /** On authorization: the authorization has got this status. */
  | { readonly kind: 'authorization-status'; readonly status: AuthorizationStatus }
  /** On authorization: these objects are listed before the real challenges: unknown types, no token, no status. */
  | { readonly kind: 'extra-challenges'; readonly challenges: readonly Readonly<Record<string, unknown>>[] }
  /** On certificate: the chain is not what it should be. */
  | { readonly kind: 'chain'; readonly form: ChainForm }
  /** On renewalInfo: this in place of the suggested window; any text, also inverted, of zero width, or no time at all. */
  | { readonly kind: 'window'; readonly start: string; readonly end: string };

export type Fault = FaultTiming & FaultEffect;
export type FaultScript = readonly Fault[];

/** The faults of one request, one of a kind at most. A fault counts the requests that come as far as where it would be played. */
export interface DueFaults {
  get<K extends FaultEffect['kind']>(kind: K): Extract<FaultEffect, { kind: K }> | undefined;
}

export interface FaultPlan {
  /** What a request of this kind may meet. */
  at(kind: RequestKind): DueFaults;
  /** Adds a fault; the returned function takes back what is left of it. */
  add(fault: Fault): () => void;
}

/** Plays a script: each fault counts its requests on its own, also where another one of its kind is played. */
export function createFaultPlan(script: FaultScript): FaultPlan {
  const pending = new Set(script.map(countdown));
  return {
    add(fault) {
      const entry = countdown(fault);
      pending.add(entry);
      return () => void pending.delete(entry);
    },
    at(kind) {
      const played = new Map<FaultEffect['kind'], FaultEffect | undefined>();
      return {
        get<K extends FaultEffect['kind']>(wanted: K) {
          if (!played.has(wanted))
            played.set(wanted, [...pending].filter((entry) => applies(entry, kind, wanted) && entry.next())[0]?.fault);
          return played.get(wanted) as Extract<FaultEffect, { kind: K }> | undefined;
        },
      };
    },
  };
}

interface Countdown {
  readonly fault: Fault;
  readonly next: () => boolean;
}

function applies({ fault }: Countdown, kind: RequestKind, wanted: FaultEffect['kind']): boolean {
  return fault.kind === wanted && (fault.on === 'any' || fault.on === kind);
}

function countdown(fault: Fault): Countdown {
  let skip = fault.skip ?? 0;
  let times = fault.times ?? 1;
  return {
    fault,
    next() {
      if (skip > 0) {
        skip--;
        return false;
      }
      return times-- > 0;
    },
  };
}
