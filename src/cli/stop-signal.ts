import { EXIT } from './exit-code.ts';

/** What ended the command: a signal, or that nobody reads its output any more (`| head -1`). */
export type StopReason = 'signal' | 'no-reader';

export interface StopSignal {
  readonly signal: AbortSignal;
  readonly reason: StopReason | undefined;
  /** The process is to end by itself, as if this had never been. */
  release(): void;
}

/**
 * A signal that aborts with Ctrl-C and SIGTERM, and when standard output is closed. A second Ctrl-C ends the process at once: whatever
 * is stored can be resumed. Standard error may be closed without harm: a log that nobody reads is no reason to stop serving.
 */
export function stopSignal(): StopSignal {
  const stop = new AbortController();
  let reason: StopReason | undefined;
  const abort = (why: StopReason): void => {
    reason ??= why;
    stop.abort(new DOMException('stopped', 'AbortError'));
  };
  const interrupt = (): void => {
    if (reason === 'signal') process.exit(EXIT.interrupted);
    abort('signal');
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  // These stay after `release`: what is still to be written may fail as well.
  process.stdout.on('error', () => abort('no-reader'));
  process.stderr.on('error', () => {});
  return {
    signal: stop.signal,
    get reason() {
      return reason;
    },
    release: () => void process.off('SIGINT', interrupt).off('SIGTERM', interrupt),
  };
}
