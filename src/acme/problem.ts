import { DomainError } from '../core/error.ts';
import type { Retry } from '../core/error.ts';
import type { AcmeCode } from './acme-code.ts';

export interface Identifier {
  readonly type: string;
  readonly value: string;
}

/** A problem document (RFC 9457) in ACME's form (RFC 8555 section 6.7). All text is made safe to print. */
export interface Problem {
  /** The part after `urn:ietf:params:acme:error:`, or the whole type when it is another. */
  readonly type: string;
  readonly detail: string;
  readonly status?: number;
  /** A URL with `userActionRequired`: what a person has to visit (section 7.3.3). */
  readonly instance?: string;
  /** With `badSignatureAlgorithm`: what the CA accepts (section 6.2). */
  readonly algorithms?: readonly string[];
  readonly identifier?: Identifier;
  readonly subproblems: readonly Problem[];
}

export interface AcmeErrorOptions {
  readonly retry: Retry;
  readonly status?: number | undefined;
  readonly problem?: Problem | undefined;
  /** A page that a person has to visit: to unpause, or to agree to new terms. */
  readonly visit?: string | undefined;
  readonly cause?: unknown;
}

/** What went wrong between us and a CA. `retry` is decided where the error is made. */
export class AcmeError extends DomainError {
  declare readonly code: AcmeCode;
  readonly status: number | undefined;
  readonly problem: Problem | undefined;
  readonly visit: string | undefined;

  constructor(code: AcmeCode, message: string, options: AcmeErrorOptions) {
    super(code, message, { retry: options.retry, cause: options.cause });
    this.name = 'AcmeError';
    this.status = options.status;
    this.problem = options.problem;
    this.visit = options.visit;
  }
}

const PREFIX = /^urn:(?:ietf:params:)?acme:error:/;
const LONGEST_TEXT = 1000;
const MOST_SUBPROBLEMS = 100;

/** The problem in a parsed JSON value, or undefined when it is none. Wrong members are passed over: a refusal must stay readable. */
export function parseProblem(value: unknown): Problem | undefined {
  return parse(value, true);
}

function parse(value: unknown, outermost: boolean): Problem | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = value as Record<string, unknown>;
  const { type, detail, title, status, instance, algorithms } = members;
  if (typeof type !== 'string' && typeof detail !== 'string') return undefined;
  const subproblems = outermost && Array.isArray(members['subproblems']) ? members['subproblems'] : [];
  const identifier = parseIdentifier(members['identifier']);
  return {
    type: typeof type === 'string' ? printable(type.replace(PREFIX, '')) : 'about:blank',
    detail: printable(typeof detail === 'string' ? detail : typeof title === 'string' ? title : ''),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof instance === 'string' ? { instance: printable(instance) } : {}),
    ...(Array.isArray(algorithms) ? { algorithms: algorithms.filter((name) => typeof name === 'string') } : {}),
    ...(identifier === undefined ? {} : { identifier }),
    // Subproblems cannot have subproblems of their own (section 6.7.1).
    subproblems: subproblems.slice(0, MOST_SUBPROBLEMS).flatMap((inner) => parse(inner, false) ?? []),
  };
}

function parseIdentifier(value: unknown): Identifier | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, value: name } = value as Record<string, unknown>;
  return typeof type === 'string' && typeof name === 'string'
    ? { type: printable(type), value: printable(name) }
    : undefined;
}

/** One line of bounded length without control characters: what a CA sends ends up on terminals and in logs. */
export function printable(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT - 3)}...` : line;
}
