import type { Retry } from '../core/error.ts';
import type { AcmeCode } from './acme-code.ts';
import type { HttpResponse } from './http.ts';
import { AcmeError, parseProblem, printable } from './problem.ts';
import type { Problem } from './problem.ts';
import { linksOf, retryAfterOf } from './response.ts';

interface Meaning {
  readonly code: AcmeCode;
  readonly retry: 'never' | 'backoff';
  readonly advice?: string;
}

/**
 * What each problem type (RFC 8555 section 6.7, RFC 9773 section 7.4, the profiles extension, RFC 9799) means to a caller: the
 * code, whether trying again later can help without a person, and what the person should do when that is not plain from the detail.
 */
const MEANING = new Map<string, Meaning>(
  Object.entries({
    accountDoesNotExist: { code: 'acme-account-does-not-exist', retry: 'never', advice: 'register the account again' },
    alreadyReplaced: { code: 'acme-already-replaced', retry: 'never' },
    alreadyRevoked: { code: 'acme-already-revoked', retry: 'never' },
    badCSR: { code: 'acme-bad-csr', retry: 'never' },
    badNonce: { code: 'acme-bad-nonce', retry: 'backoff' },
    badPublicKey: { code: 'acme-bad-public-key', retry: 'never', advice: 'use another type of key' },
    badRevocationReason: { code: 'acme-bad-revocation-reason', retry: 'never' },
    badSignatureAlgorithm: {
      code: 'acme-bad-signature-algorithm',
      retry: 'never',
      advice: 'use an account key of another type',
    },
    caa: { code: 'acme-caa', retry: 'never', advice: "let this CA into the domain's CAA records" },
    compound: { code: 'acme-compound', retry: 'backoff' },
    conflict: { code: 'acme-conflict', retry: 'backoff' },
    connection: { code: 'acme-connection', retry: 'backoff' },
    dns: { code: 'acme-dns', retry: 'backoff' },
    externalAccountRequired: {
      code: 'acme-external-account-required',
      retry: 'never',
      advice: "give the key identifier and HMAC key from the CA's own website (external account binding)",
    },
    incorrectResponse: { code: 'acme-incorrect-response', retry: 'backoff' },
    invalidContact: { code: 'acme-invalid-contact', retry: 'never', advice: 'correct the contact, or leave it away' },
    invalidProfile: { code: 'acme-invalid-profile', retry: 'never' },
    malformed: { code: 'acme-malformed', retry: 'never' },
    onionCAARequired: { code: 'acme-caa', retry: 'never' },
    orderNotReady: { code: 'acme-order-not-ready', retry: 'backoff' },
    rateLimited: { code: 'acme-rate-limited', retry: 'backoff' },
    rejectedIdentifier: { code: 'acme-rejected-identifier', retry: 'never', advice: 'this CA will not sign that name' },
    serverInternal: { code: 'acme-server-internal', retry: 'backoff' },
    tls: { code: 'acme-tls', retry: 'backoff' },
    unauthorized: { code: 'acme-unauthorized', retry: 'backoff' },
    unsupportedContact: {
      code: 'acme-unsupported-contact',
      retry: 'never',
      advice: 'use a mailto: address, or leave the contact away',
    },
    unsupportedIdentifier: { code: 'acme-unsupported-identifier', retry: 'never' },
    userActionRequired: { code: 'acme-user-action-required', retry: 'never' },
  } satisfies Record<string, Meaning>),
);

/** What a status says when no problem document came with it. */
function codeOfStatus(status: number): AcmeCode {
  if (status === 404 || status === 410) return 'acme-not-found';
  if (status === 409) return 'acme-conflict';
  if (status === 429) return 'acme-rate-limited';
  if (status === 401 || status === 403) return 'acme-unauthorized';
  return status >= 500 ? 'acme-server-internal' : 'acme-refused';
}

/** Any answer that is not 2xx, as an error. `doing` completes "refused to ...": `create the order`. */
export function errorOfResponse(response: HttpResponse, doing: string): AcmeError {
  const { host } = new URL(response.url);
  const problem = parseProblem(parsed(response.body));
  const status = response.status;
  const at = retryAfterOf(response);
  const after: Retry | undefined = at === undefined ? undefined : { kind: 'after', at };
  const [help] = [...linksOf(response, 'terms-of-service'), ...linksOf(response, 'help')];
  if (problem === undefined) {
    const said = textOf(response.body);
    const message = `the CA at ${host} refused to ${doing}: HTTP ${status}${said === '' ? '' : ` ("${said}")`}`;
    return new AcmeError(codeOfStatus(status), message, { retry: after ?? { kind: 'backoff' }, status });
  }
  return errorOfProblem(problem, `the CA at ${host} refused to ${doing}`, { status, after, help });
}

/**
 * A problem document as an error, also one that stands in an order or a challenge. `what` begins the sentence:
 * `the CA could not validate example.org`.
 */
export function errorOfProblem(
  problem: Problem,
  what: string,
  o: {
    readonly status?: number | undefined;
    readonly after?: Retry | undefined;
    readonly help?: string | undefined;
  } = {},
): AcmeError {
  const { status = problem.status } = o;
  const said = [problem.detail, ...problem.subproblems.map(describe)].filter((text) => text !== '').join('; ');
  const message = `${what}: ${said === '' ? problem.type : said}`;
  const unpause = unpauseUrl(problem);
  if (unpause !== undefined) {
    const advice = said.includes(unpause) ? 'visit that page to go on' : `visit ${unpause} to go on`;
    const options = { retry: { kind: 'never' }, status, problem, visit: unpause } as const;
    return new AcmeError('acme-paused', `${message}; ${advice}`, options);
  }
  const meaning = MEANING.get(problem.type) ?? { code: codeOfStatus(status ?? 400), retry: 'backoff' };
  const retry = meaning.retry === 'never' ? ({ kind: 'never' } as const) : (o.after ?? retryOf(problem));
  const visit = meaning.code === 'acme-user-action-required' ? (problem.instance ?? o.help) : undefined;
  const advice = visit === undefined ? meaning.advice : `visit ${visit}`;
  const whole = advice === undefined ? message : `${message}; ${advice}`;
  return new AcmeError(meaning.code, whole, { retry, status, problem, visit });
}

/** Compound problems are as final as all of their parts; a rate limit may tell its end in words only. */
function retryOf(problem: Problem): Retry {
  const parts = problem.subproblems;
  if (
    problem.type === 'compound' &&
    parts.length > 0 &&
    parts.every((part) => MEANING.get(part.type)?.retry === 'never')
  ) {
    return { kind: 'never' };
  }
  // Boulder ends the detail of every rate limit with the moment when it is over, also where a proxy drops Retry-After.
  const said = /retry after (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/.exec(problem.detail);
  const at = said === null ? Number.NaN : Date.parse(`${said[1]}T${said[2]}Z`);
  return Number.isNaN(at) ? { kind: 'backoff' } : { kind: 'after', at };
}

function describe(part: Problem): string {
  const detail = part.detail === '' ? part.type : part.detail;
  return part.identifier === undefined ? detail : `${part.identifier.value}: ${detail}`;
}

/** Let's Encrypt pauses a name after very many failures; only a person can lift that, on a page named in the detail. */
function unpauseUrl(problem: Problem): string | undefined {
  if (problem.type !== 'rateLimited') return undefined;
  const url = /https:\/\/\S*unpause\S*/.exec(problem.detail)?.[0].replace(/[.,;)>"']+$/, '');
  return url !== undefined && URL.canParse(url) ? url : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** The words of an HTML page or a plain text, short: enough to recognise the proxy that sent it. */
function textOf(body: string): string {
  const words = printable(
    body
      .slice(0, 10_000)
      .replaceAll(/<(script|style)[\s\S]*?<\/\1>/gi, ' ')
      .replaceAll(/<[^>]*>/g, ' '),
  );
  return words.length > 120 ? `${words.slice(0, 117)}...` : words;
}
