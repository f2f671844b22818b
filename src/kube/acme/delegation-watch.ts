import type { Clock } from '../../core/clock.ts';
import { challengeName, parseCertificateName } from '../../core/domain-name.ts';
import type { DomainName } from '../../core/domain-name.ts';
import { DomainError, messageOf } from '../../core/error.ts';
import type { DelegationChecker, DelegationFinding } from '../../issuance/ports.ts';
import type { Answers } from './answers.ts';
import { createSlots } from './slots.ts';

/** What is known of the delegation of one domain. */
export type DelegationView =
  | { readonly kind: 'looking' }
  | { readonly kind: 'ready'; readonly target: DomainName }
  /** `message` says what to put where. `target` is not known when even that could not be found out. */
  | {
      readonly kind: 'missing';
      readonly fault: string;
      readonly message: string;
      readonly target: DomainName | undefined;
    };

/**
 * Looks at delegations beside the work, so that no order waits for the DNS of another: a look at dead servers takes seconds. `watcher` (a key) is
 * told when the view changes; while somebody watches, what is missing is looked at again.
 */
export interface DelegationWatch {
  /** What was found within the last minute; otherwise a look begins. */
  view(watcher: string, domain: DomainName, answers: Answers): DelegationView;
  /** The watcher needs nothing any more. */
  forget(watcher: string): void;
  /** A delegation that was right may be right no longer: the next view looks again. */
  doubt(domain: DomainName, answers: Answers): void;
}

export interface DelegationWatchOptions {
  readonly checker: DelegationChecker;
  readonly clock: Clock;
  readonly wake: (watcher: string) => void;
  readonly signal: AbortSignal;
  /** In [0, 1). */
  readonly random: () => number;
}

interface Watched {
  readonly domain: DomainName;
  readonly answers: Answers;
  readonly watchers: Set<string>;
  view: DelegationView;
  seenAt: number;
  /** A look is under way or planned. */
  busy: boolean;
  pause: number;
}

/** How long a delegation that was seen is taken for good, in ms. */
const KEEP_READY = 60_000;
/** A person who adds the record wants to see it noticed; one who does not should not cost much. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 10_000;
const GROWTH = 1.3;
/** Looks at one place, and in all, that are under way at once; those that look again never take all of them. */
const AT_ONCE = 64;
const AGAIN_AT_ONCE = 24;
/** One look, with a registration. */
const TIMEOUT = 45_000;

export function createDelegationWatch(options: DelegationWatchOptions): DelegationWatch {
  const { checker, clock, wake, signal, random } = options;
  const known = new Map<string, Watched>();
  const watchedBy = new Map<string, Set<string>>();
  const fresh = createSlots(AT_ONCE);
  const again = createSlots(AGAIN_AT_ONCE);

  const idOf = (domain: DomainName, answers: Answers): string => `${answers.place}\n${domain}`;

  async function look({ domain, answers }: Watched): Promise<DelegationView> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
    let target: DomainName | undefined;
    try {
      target = await answers.target(domain, limited);
      return viewOf(await (answers.checker ?? checker).checkDelegation(domain, target, limited));
    } catch (error) {
      signal.throwIfAborted();
      const fault = error instanceof DomainError ? error.code : limited.aborted ? 'timeout' : 'internal';
      return { kind: 'missing', fault, message: sentenceOf(domain, error, limited.aborted), target };
    }
  }

  async function run(id: string, watched: Watched): Promise<void> {
    for (let slots = fresh; ; slots = again) {
      const view = await slots.with(() => look(watched), signal);
      const isNews = !sameView(watched.view, view);
      // The same fault in other words is no news: it would be written and told again.
      if (isNews) watched.view = view;
      watched.seenAt = clock.now();
      if (isNews) for (const watcher of watched.watchers) wake(watcher);
      if (view.kind === 'ready') break;
      await clock.sleep(watched.pause * (1 + random() / 4), signal);
      watched.pause = Math.min(watched.pause * GROWTH, LONGEST_PAUSE);
      if (watched.watchers.size === 0) break;
    }
    watched.busy = false;
    if (watched.watchers.size === 0) known.delete(id);
  }

  function start(id: string, watched: Watched): void {
    watched.busy = true;
    // Only the end of the program ends it early.
    run(id, watched).catch(() => {});
  }

  return {
    view(watcher, domain, answers) {
      const id = idOf(domain, answers);
      const watched = known.get(id) ?? newlyWatched(domain, answers);
      known.set(id, watched);
      watched.watchers.add(watcher);
      const mine = watchedBy.get(watcher) ?? new Set();
      watchedBy.set(watcher, mine.add(id));
      const isOld = watched.view.kind === 'ready' && clock.now() - watched.seenAt > KEEP_READY;
      if (isOld) watched.view = { kind: 'looking' };
      if (!watched.busy && watched.view.kind !== 'ready') start(id, watched);
      return watched.view;
    },
    forget(watcher) {
      for (const id of watchedBy.get(watcher) ?? []) {
        const watched = known.get(id);
        watched?.watchers.delete(watcher);
        // What is ready is kept a while: the challenge that follows an order need not look again.
        if (watched?.watchers.size === 0 && !watched.busy && watched.view.kind !== 'ready') known.delete(id);
      }
      watchedBy.delete(watcher);
      if (known.size > 10_000) dropIdle(known);
    },
    doubt(domain, answers) {
      const watched = known.get(idOf(domain, answers));
      if (watched?.view.kind === 'ready') watched.view = { kind: 'looking' };
    },
  };
}

function newlyWatched(domain: DomainName, answers: Answers): Watched {
  return {
    domain,
    answers,
    watchers: new Set(),
    view: { kind: 'looking' },
    seenAt: 0,
    busy: false,
    pause: FIRST_PAUSE,
  };
}

function viewOf(finding: DelegationFinding): DelegationView {
  const { target } = finding;
  if (finding.kind === 'ready') return { kind: 'ready', target };
  return { kind: 'missing', fault: finding.fault, message: finding.message, target };
}

/** Only a change of what is wrong is news: the words may tell of other servers at each look. */
function sameView(one: DelegationView, other: DelegationView): boolean {
  if (one.kind !== other.kind) return false;
  return one.kind !== 'missing' || other.kind !== 'missing' || one.fault === other.fault;
}

function sentenceOf(domain: DomainName, error: unknown, late: boolean): string {
  if (error instanceof DomainError) return error.message;
  const name = challengeName(parseCertificateName(domain));
  return late
    ? `nothing could be seen of ${name} within ${TIMEOUT / 1000} s`
    : `${name} could not be looked at: ${messageOf(error)}`;
}

function dropIdle(known: Map<string, Watched>): void {
  for (const [id, { watchers, busy }] of known) if (watchers.size === 0 && !busy) known.delete(id);
}
