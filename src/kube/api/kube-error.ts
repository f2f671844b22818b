import { DomainError } from '../../core/error.ts';
import type { Retry } from '../../core/error.ts';

/**
 * `kube-conflict`: the object was changed meanwhile (409 Conflict); read it again.
 * `kube-exists`: there is one of that name (409 AlreadyExists).
 * `kube-forbidden`: RBAC or an admission policy says no (403), or we are not known there (401).
 * `kube-invalid`: the server does not accept the object (400, 422); every cause is in the sentence.
 * `kube-not-found`: what is written to is not there (404). `get` and `delete` return undefined or false in place of it.
 * `kube-gone`: the resource version is too old (410); list again.
 * `kube-unavailable`: no answer, 429 or 5xx; retry by back-off, or after what the server says.
 * `kube-bad-object`: an object read from the server cannot be understood.
 */
export type KubeCode =
  | 'kube-conflict'
  | 'kube-exists'
  | 'kube-forbidden'
  | 'kube-invalid'
  | 'kube-not-found'
  | 'kube-gone'
  | 'kube-unavailable'
  | 'kube-bad-object';

export interface KubeErrorOptions {
  readonly retry?: Retry;
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  readonly cause?: unknown;
}

/** What went wrong between us and the API server. `reason` is the server's own word (metav1.StatusReason). */
export class KubeError extends DomainError {
  declare readonly code: KubeCode;
  readonly status: number | undefined;
  readonly reason: string | undefined;

  constructor(code: KubeCode, message: string, options: KubeErrorOptions = {}) {
    super(code, message, { retry: options.retry ?? { kind: 'backoff' }, cause: options.cause });
    this.name = 'KubeError';
    this.status = options.status;
    this.reason = options.reason;
  }
}

export function isKubeError(thrown: unknown, ...codes: readonly KubeCode[]): thrown is KubeError {
  return thrown instanceof KubeError && (codes.length === 0 || codes.includes(thrown.code));
}
