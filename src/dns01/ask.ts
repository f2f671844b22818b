import type { NameServer, Reply } from '../dns/query.ts';

/** The types that this room asks for. */
export type AskedType = 'A' | 'AAAA' | 'NS' | 'SOA' | 'CNAME' | 'TXT';

export interface AskOptions {
  readonly signal: AbortSignal;
  /** ms. */
  readonly timeout?: number;
  readonly recursionDesired?: boolean;
  /** The CD bit: the answer even if DNSSEC says it is bogus (RFC 4035 section 3.2.2). */
  readonly checkingDisabled?: boolean;
}

/** One question to one server; `query` of dns/ in the program, a script in tests. @throws DomainError when no usable reply comes */
export type Ask = (
  question: { readonly name: string; readonly type: AskedType },
  server: NameServer,
  options: AskOptions,
) => Promise<Reply>;
