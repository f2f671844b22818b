import type { DomainName } from '../core/domain-name.ts';
import type { ResourceRecord } from './record.ts';

/** One zone to serve. Plain data, so that it can be sent to worker threads. */
export interface ZoneOptions {
  readonly origin: DomainName;
  /** The SOA's MNAME: the name of the primary name server. */
  readonly primary: DomainName;
  /** The SOA's RNAME: a mail address with the @ written as a dot. */
  readonly mailbox: DomainName;
  /**
   * Static records, of any names at or below the origin; the zone's own NS records belong here, NS below it are delegations.
   * A SOA here replaces primary, mailbox and the timers; its serial is not used, since the served one must move.
   */
  readonly records: readonly ResourceRecord[];
  /** Seconds a resolver may keep "no such name" or "no such data" (RFC 2308). Default 1: the record appears in a moment. */
  readonly negativeTtl?: number;
  /** Seconds a resolver may keep a TXT value of the name table. Default 1. */
  readonly txtTtl?: number;
  /** False while what the zone holds is not known: every question in it gets SERVFAIL. Default true. */
  readonly known?: boolean;
}
