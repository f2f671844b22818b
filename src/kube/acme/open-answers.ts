import type { DomainName } from '../../core/domain-name.ts';
import type { ChallengeSolver } from '../schema/challenge-solver.ts';
import type { Answers, AnswerScope } from './answers.ts';
import { solverKind } from './solver-kind.ts';
import type { AccountReference } from './solver-kind.ts';

export type OpenAnswers = (solver: ChallengeSolver, scope: AnswerScope) => Answers | Unsupported;

export interface Unsupported {
  readonly kind: 'unsupported';
  readonly message: string;
}

export interface AnswersOptions {
  readonly ownZone: DomainName | undefined;
  readonly own: (scope: AnswerScope, account: AccountReference | undefined) => Answers;
  /** `blind`: what is served cannot be seen from here, and is not looked at. */
  readonly remote: (scope: AnswerScope, host: string, account: AccountReference, blind: boolean) => Answers;
}

/** The answers of each solver, made once. */
export function createOpenAnswers(options: AnswersOptions): OpenAnswers {
  const known = new Map<string, Answers>();
  return (solver, scope) => {
    const kind = solverKind(solver, options.ownZone);
    if (kind.kind === 'unsupported') return kind;
    const host = kind.kind === 'own' ? '' : kind.host;
    const blind = solver.waitInsteadOfSelfCheck !== undefined;
    const id = JSON.stringify([kind.kind, host, scope, kind.account, blind]);
    const found = known.get(id);
    if (found !== undefined) return found;
    const made =
      kind.kind === 'own' ? options.own(scope, kind.account) : options.remote(scope, host, kind.account, blind);
    known.set(id, made);
    return made;
  };
}
