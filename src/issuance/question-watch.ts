import type { DomainName } from '../core/domain-name.ts';
import type { EventSink } from '../telemetry/event.ts';
import type { PendingChallenge } from './order-record.ts';

/**
 * Tells when a TXT answer was given for one of the names (those that the CNAMEs lead to); returns what ends the watch. Only a DNS
 * server of our own can tell; without one the CA is asked more often.
 */
export type WatchQuestions = (
  targets: readonly DomainName[],
  onAsked: (question: { readonly name: DomainName; readonly from: string }) => void,
) => () => void;

export interface QuestionWatch {
  /** Resolves when the CA has asked for every name. */
  readonly allAsked: Promise<void>;
  /** Whether it has. */
  isDone(): boolean;
  stop(): void;
}

/** Watches for the CA's questions about an order's challenges; each name is reported once. */
export function watchChallenges(
  certificate: string,
  challenges: readonly PendingChallenge[],
  watch: WatchQuestions,
  emit: EventSink,
): QuestionWatch {
  const open = new Map(challenges.map(({ name, target }) => [target, name]));
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = watch([...open.keys()], ({ name: target, from }) => {
    const name = open.get(target);
    if (name === undefined) return;
    open.delete(target);
    emit({ type: 'challenge.asked', certificate, name, from });
    if (open.size === 0) resolve();
  });
  return { allAsked: promise, isDone: () => open.size === 0, stop };
}
