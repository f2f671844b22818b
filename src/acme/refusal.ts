import type { Retry } from '../core/error.ts';
import type { AcmeCode } from './acme-code.ts';
import type { HttpResponse } from './http.ts';
import { AcmeError, parseProblem, printable } from './problem.ts';
import type { Problem } from './problem.ts';
import { MEANING } from './problem-meaning.ts';
import { linksOf, retryAfterOf } from './response.ts';

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
