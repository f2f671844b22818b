import type { AcmeCalls } from './acme-calls.ts';
import type { DriveDeps } from './drive-order.ts';
import type { CertificateRequest } from './order-record.ts';
import type { DelegationChecker } from './ports.ts';

/** All that one certificate needs, from the look at its delegation to its delivery. */
export interface IssueDeps extends Omit<DriveDeps, 'openAcme'> {
  /** Opens the account at the CA of the request, registering it first when there is none; see ensureAcmeAccount. */
  readonly openAcme: (request: CertificateRequest, again: boolean, signal: AbortSignal) => Promise<AcmeCalls>;
  readonly delegation: DelegationChecker;
}

export interface IssueOptions {
  readonly signal: AbortSignal;
  /** How long to wait for a missing CNAME, in ms; false: not at all; left away: for ever. */
  readonly wait?: number | false | undefined;
}
