import type { ChallengeAnswer } from '../../issuance/order-record.ts';
import type { DomainName } from '../../core/domain-name.ts';
import type { Challenge } from '../schema/challenge.ts';
import type { AcmeDeps } from './acme-deps.ts';
import type { Answers } from './answers.ts';
import type { OpenIssuer } from './issuer-accounts.ts';

/** What is remembered of a challenge while this process works on it. Nothing here has to survive. */
export interface ChallengeProgress {
  /** ms since the epoch. */
  presentedAt?: number | undefined;
  acceptedAt?: number | undefined;
  faults: number;
  /** Nothing is tried before (ms since the epoch), but when its account has changed. */
  notBefore?: number | undefined;
  /** The CA is not asked before, in ms since the epoch; what changes in the object meanwhile is no reason. */
  lookAt?: number | undefined;
  /** Ends the watch for the CA's questions. */
  stopWatching?: (() => void) | undefined;
}

export function newChallengeProgress(): ChallengeProgress {
  return { faults: 0 };
}

/** One challenge that is worked on, with all that its steps need. */
export interface ChallengeContext {
  readonly key: string;
  readonly challenge: Challenge;
  readonly domain: DomainName;
  readonly answer: ChallengeAnswer;
  readonly answers: Answers;
  readonly open: OpenIssuer;
  readonly progress: ChallengeProgress;
  readonly deps: AcmeDeps;
  readonly signal: AbortSignal;
  /** Looks at the challenge again soon: the CA has asked. */
  readonly soon: () => void;
}
