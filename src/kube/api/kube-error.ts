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

/** One of several things that are wrong: with an object (`field` is a path), or between field managers. */
export interface ErrorCause {
  /** Such as `FieldValueInvalid`, `FieldManagerConflict`, `NamespaceTerminating`. */
  readonly type: string;
  readonly field: string;
  readonly message: string;
}

export interface KubeErrorOptions {
  readonly retry?: Retry;
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  readonly causes?: readonly ErrorCause[];
  readonly isObject?: boolean;
  readonly cause?: unknown;
}

/** What went wrong between us and the API server. `reason` is the server's own word (metav1.StatusReason). */
export class KubeError extends DomainError {
  declare readonly code: KubeCode;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly causes: readonly ErrorCause[];
  /** Of `kube-not-found`: it is the object that is missing, not its kind or its namespace. */
  readonly isObject: boolean;

  constructor(code: KubeCode, message: string, options: KubeErrorOptions = {}) {
    super(code, message, { retry: options.retry ?? { kind: 'backoff' }, cause: options.cause });
    this.name = 'KubeError';
    this.status = options.status;
    this.reason = options.reason;
    this.causes = options.causes ?? [];
    this.isObject = options.isObject ?? false;
  }
}

export function isKubeError(thrown: unknown, ...codes: readonly KubeCode[]): thrown is KubeError {
  return thrown instanceof KubeError && (codes.length === 0 || codes.includes(thrown.code));
}
