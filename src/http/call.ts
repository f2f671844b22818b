import type { Source } from './source.ts';

/** What a caller can ask of the API. */
export type Operation =
  | 'register'
  | 'update'
  | 'clean'
  | 'change'
  | 'rotate'
  | 'deregister'
  | 'present'
  | 'cleanup'
  | 'storage-list'
  | 'storage-fetch'
  | 'storage-put'
  | 'storage-delete';

/** A request on its way to its handler. */
export interface Call {
  readonly headers: Headers;
  readonly body: string;
  readonly source: Source;
  /** The path as routes have it. */
  readonly path: string;
  /** The registration token that stood before the path. */
  readonly token: string | undefined;
}

/** What is to be sent back, and what may be told of it. */
export interface Answer {
  readonly status: number;
  /** `success`, or the code of the error. */
  readonly result: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the audit log: whose account, and what of it. Nothing secret. */
  readonly about?: CallSubject;
}

export interface CallSubject {
  readonly username?: string;
  readonly subdomain?: string;
  readonly domain?: string;
}

export type Handler = (call: Call) => Promise<Answer>;

/** What is told of every call that was answered. */
export interface CallReport extends CallSubject {
  readonly operation: Operation;
  readonly status: number;
  readonly result: string;
  /** The address that it came from. */
  readonly from: string | undefined;
  /** ms. */
  readonly duration: number;
}

export function success(status: number, body: string, about: CallSubject = {}): Answer {
  return { status, result: 'success', body, about };
}

/** The bytes of acme-dns: one space after the colon, and nothing but the code. */
export function refusal(status: number, code: string, more: Pick<Answer, 'headers' | 'about'> = {}): Answer {
  return { status, result: code, body: `{"error": "${code}"}`, ...more };
}

/** For errors that acme-dns does not have: what a person can do about it is said as well. */
export function explainedRefusal(status: number, code: string, detail: string, more?: Pick<Answer, 'headers'>): Answer {
  return { status, result: code, body: `{"error": "${code}", "detail": ${JSON.stringify(detail)}}`, ...more };
}

/** RFC 9110 section 10.2.3: whole seconds, never 0. @param wait in ms */
export function retryAfter(wait: number): Readonly<Record<string, string>> {
  return { 'retry-after': String(Math.max(1, Math.ceil(wait / 1000))) };
}
