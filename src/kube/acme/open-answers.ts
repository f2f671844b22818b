import type { DomainName } from '../../core/domain-name.ts';
import { DomainError } from '../../core/error.ts';
import type { ChallengeSolver } from '../schema/challenge-solver.ts';
import type { Answers, AnswerScope } from './answers.ts';
import { solverKind } from './solver-kind.ts';
import type { AccountReference } from './solver-kind.ts';

export type OpenAnswers = (solver: ChallengeSolver, scope: AnswerScope) => Answers | Unsupported;

export interface Unsupported {
  readonly kind: 'unsupported';
  readonly message: string;
}

/** What a solver says about looking. */
export interface Looking {
  /** What is served cannot be seen from here, and is not looked at. */
  readonly blind: boolean;
  /** Resolvers to look through, as they are written; none: the usual ones. */
  readonly nameservers: readonly string[];
}

/** Both throw DomainError `invalid-address` for nameservers that are none. */
export interface AnswersOptions {
  readonly ownZone: DomainName | undefined;
  readonly own: (scope: AnswerScope, account: AccountReference | undefined, looking: Looking) => Answers;
  readonly remote: (scope: AnswerScope, host: string, account: AccountReference, looking: Looking) => Answers;
}

/** The answers of each solver, made once. */
export function createOpenAnswers(options: AnswersOptions): OpenAnswers {
  const known = new Map<string, Answers>();
  return (solver, scope) => {
    const kind = solverKind(solver, options.ownZone);
    if (kind.kind === 'unsupported') return kind;
    const host = kind.kind === 'own' ? '' : kind.host;
    const { nameservers = [] } = solver.dns01 ?? {};
    const looking = { blind: solver.waitInsteadOfSelfCheck !== undefined, nameservers };
    const id = JSON.stringify([kind.kind, host, scope, kind.account, looking]);
    const found = known.get(id);
    if (found !== undefined) return found;
    try {
      const made =
        kind.kind === 'own'
          ? options.own(scope, kind.account, looking)
          : options.remote(scope, host, kind.account, looking);
      known.set(id, made);
      return made;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'invalid-address') throw error;
      return { kind: 'unsupported', message: `in dns01.nameservers of its solver ${error.message}` };
    }
  };
}
