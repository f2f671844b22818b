/**
 * What a caller may do about an error.
 * `never`: the same call can only fail again until a person changes something.
 * `after`: not before `at` (ms since the epoch), because the other side said so (Retry-After).
 * `backoff`: the caller's own back-off decides.
 */
export type Retry = { kind: 'never' } | { kind: 'after'; at: number } | { kind: 'backoff' };

export interface DomainErrorOptions {
  readonly retry?: Retry;
  readonly cause?: unknown;
}

/**
 * The one error base. `code` is stable, listed in docs/errors.md, and what scripts may match;
 * `message` is a sentence for a person: what is wrong, where, and what to do. Neither carries secrets.
 */
export class DomainError extends Error {
  readonly code: string;
  readonly retry: Retry;

  constructor(code: string, message: string, options: DomainErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'DomainError';
    this.code = code;
    this.retry = options.retry ?? { kind: 'never' };
  }
}

/** Several faults found at once, so that a person can mend them in one go. Never empty. */
export class DomainErrors extends DomainError {
  readonly errors: readonly DomainError[];

  constructor(code: string, errors: readonly DomainError[]) {
    super(code, errors.map((error) => error.message).join('\n'));
    this.name = 'DomainErrors';
    this.errors = errors;
  }
}

/** The text of anything that was thrown, for a message or a log line. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
