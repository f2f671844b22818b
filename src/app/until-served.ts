import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import type { LiveValues } from '../dns01/live-values.ts';
import type { ChallengeAnswer } from '../issuance/order-record.ts';
import type { Presenter } from '../issuance/ports.ts';

const LOOK_AGAIN_AFTER = 50;
const SERVED_WITHIN = 15_000;
const CHALLENGE_LABEL = '_acme-challenge.';

/**
 * A presenter whose `present` also waits until DNS gives the answers: for a zone that another process serves from the same store.
 * @throws DomainError `answer-not-served` when it does not within 15 s
 */
export function untilServed(presenter: Presenter, liveValues: LiveValues, clock: Clock): Presenter {
  async function isServed({ name, value }: ChallengeAnswer, signal: AbortSignal): Promise<boolean> {
    const domain = name.slice(CHALLENGE_LABEL.length) as DomainName;
    const target = await presenter.delegationTarget(domain, signal);
    return (await liveValues(target, signal))?.includes(value) === true;
  }
  return {
    ...presenter,
    async present(answers, signal) {
      await presenter.present(answers, signal);
      const until = clock.now() + SERVED_WITHIN;
      for (const answer of answers) {
        while (!(await isServed(answer, signal))) {
          if (clock.now() > until) throw notServed(answer);
          await clock.sleep(LOOK_AGAIN_AFTER, signal);
        }
      }
    },
  };
}

function notServed({ name }: ChallengeAnswer): DomainError {
  return new DomainError(
    'answer-not-served',
    `the running "evercert serve" does not serve the answer for ${name}; look at its log, and whether both use one data folder`,
    { retry: { kind: 'backoff' } },
  );
}
