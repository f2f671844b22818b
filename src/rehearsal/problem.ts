/** The error types this CA uses (RFC 8555 section 6.7, RFC 9773 section 7.4, and the profiles extension). */
export type ProblemType =
  | 'accountDoesNotExist'
  | 'alreadyReplaced'
  | 'alreadyRevoked'
  | 'badCSR'
  | 'badNonce'
  | 'badPublicKey'
  | 'badRevocationReason'
  | 'badSignatureAlgorithm'
  | 'compound'
  | 'connection'
  | 'dns'
  | 'externalAccountRequired'
  | 'incorrectResponse'
  | 'invalidContact'
  | 'invalidProfile'
  | 'malformed'
  | 'orderNotReady'
  | 'rateLimited'
  | 'rejectedIdentifier'
  | 'serverInternal'
  | 'unauthorized'
  | 'unsupportedContact'
  | 'unsupportedIdentifier'
  | 'userActionRequired';

export interface Identifier {
  readonly type: string;
  readonly value: string;
}

/** A problem document (RFC 9457) in ACME's form (RFC 8555 section 6.7). */
export interface Problem {
  readonly type: ProblemType;
  readonly detail: string;
  readonly status: number;
  readonly identifier?: Identifier;
  readonly subproblems?: readonly Problem[];
  readonly algorithms?: readonly string[];
  readonly instance?: string;
}

/** What handlers throw to refuse a request; it becomes a problem document once, in the router. */
export class Refusal extends Error {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: Problem, headers: Readonly<Record<string, string>> = {}) {
    super(problem.detail);
    this.name = 'Refusal';
    this.problem = problem;
    this.headers = headers;
  }
}

export function malformed(detail: string, status = 400): Refusal {
  return new Refusal({ type: 'malformed', detail, status });
}

export function unauthorized(detail: string): Refusal {
  return new Refusal({ type: 'unauthorized', detail, status: 403 });
}

/** The document as JSON: types in full, subproblems without their own status (section 6.7.1). */
export function problemJson(problem: Problem): Record<string, unknown> {
  const { subproblems, ...rest } = problem;
  const json: Record<string, unknown> = { ...rest, type: `urn:ietf:params:acme:error:${problem.type}` };
  if (subproblems !== undefined) {
    json['subproblems'] = subproblems.map((subproblem) => {
      const { status: _, ...inner } = problemJson(subproblem) as { status: unknown };
      return inner;
    });
  }
  return json;
}
