import type { DomainName } from '../core/domain-name.ts';
import type { WatchQuestions } from '../issuance/question-watch.ts';

interface Question {
  readonly name: DomainName;
  readonly from: string;
}

/** Leads what the DNS server saw (a TXT answer was given) to the orders that wait for it. */
export interface QuestionHub {
  readonly onAsked: (question: Question) => void;
  readonly watch: WatchQuestions;
}

export function createQuestionHub(): QuestionHub {
  const watchers = new Map<DomainName, Set<(question: Question) => void>>();
  return {
    onAsked(question) {
      for (const tell of watchers.get(question.name) ?? []) tell(question);
    },
    watch(targets, tell) {
      for (const target of targets) {
        const set = watchers.get(target) ?? new Set();
        watchers.set(target, set.add(tell));
      }
      return () => {
        for (const target of targets) {
          const set = watchers.get(target);
          set?.delete(tell);
          if (set?.size === 0) watchers.delete(target);
        }
      };
    },
  };
}
