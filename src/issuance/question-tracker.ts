import type { EventSink } from '../telemetry/event.ts';
import type { Early } from './early-pause.ts';
import { challengesOf } from './order-record.ts';
import type { OrderRecord } from './order-record.ts';
import { watchChallenges } from './question-watch.ts';
import type { QuestionWatch, WatchQuestions } from './question-watch.ts';

/** When all names have been asked for, the CA needs a moment to make up its mind: these waits take the place of longer ones. */
const AFTER_QUESTIONS: readonly number[] = [15, 25, 40];

/** Watches while an order's challenges are accepted and looked at. */
export function createQuestionTracker(watchQuestions: WatchQuestions | undefined, emit: EventSink) {
  let watch: QuestionWatch | undefined;
  let looks = 0;
  return {
    stop() {
      watch?.stop();
      watch = undefined;
    },
    follow(order: OrderRecord) {
      const { step } = order.state;
      const wanted = step === 'accepting' || step === 'validating';
      if (!wanted) this.stop();
      const challenges = challengesOf(order);
      if (!wanted || watch !== undefined || watchQuestions === undefined || challenges.length === 0) return;
      watch = watchChallenges(order.certificate.id, challenges, watchQuestions, emit);
    },
    /** What may cut a wait short: a few times, so that a CA that stays undecided is not asked in haste for ever. */
    early(): Early | undefined {
      const after = AFTER_QUESTIONS[looks];
      if (watch === undefined || after === undefined) return undefined;
      if (watch.isDone()) looks += 1;
      return { news: watch.allAsked, after };
    },
  };
}
