import { DomainError } from '../core/error.ts';
import { type Answer, refusal, retryAfter } from './call.ts';

/** ms after which a client may look whether the store is back. */
const STORE_WAIT = 5000;
const BUSY_WAIT = 1000;

/** The answer to what a handler has thrown. Never its words: they are for the log. */
export function errorAnswer(error: unknown): Answer {
  const code = error instanceof DomainError ? error.code : undefined;
  if (code === 'store-unavailable') return refusal(503, 'db_error', { headers: retryAfter(STORE_WAIT) });
  if (code === 'too-busy') return refusal(503, 'too_busy', { headers: retryAfter(BUSY_WAIT) });
  return refusal(500, 'internal_error');
}
