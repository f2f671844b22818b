import type { Clock } from '../../core/clock.ts';
import type { DelegationChecker } from '../../issuance/ports.ts';
import type { WatchQuestions } from '../../issuance/question-watch.ts';
import type { Informer } from '../api/informer.ts';
import type { KubeDeps } from '../deps.ts';
import type { Challenge } from '../schema/challenge.ts';
import type { Order } from '../schema/order.ts';
import type { AcmeAccess } from './acme-access.ts';
import type { DelegationWatch } from './delegation-watch.ts';
import type { IssuerAccounts } from './issuer-accounts.ts';
import type { LostAccounts } from './lost-accounts.ts';
import type { OpenAnswers } from './open-answers.ts';

/** What app/ wires for ACME issuers. */
export interface AcmePorts {
  readonly orders: Informer<Order>;
  readonly challenges: Informer<Challenge>;
  readonly access: AcmeAccess;
  readonly openAnswers: OpenAnswers;
  readonly checker: DelegationChecker;
  /** Only a DNS server in this process can tell that the CA asked. */
  readonly watchQuestions?: WatchQuestions | undefined;
  /** Challenges worked on at once (`--max-concurrent-challenges`). */
  readonly mostChallenges: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** And what its controllers share. */
export interface AcmeDeps extends KubeDeps, Omit<AcmePorts, 'checker'> {
  readonly accounts: IssuerAccounts;
  readonly lost: LostAccounts;
  readonly delegations: DelegationWatch;
  readonly clock: Clock;
}
