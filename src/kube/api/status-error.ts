import { z } from 'zod';
import { assertNever } from '../../core/assert-never.ts';
import { KubeError } from './kube-error.ts';
import type { ErrorCause, KubeCode } from './kube-error.ts';
import type { Retry } from '../../core/error.ts';

const statusSchema = z.looseObject({
  kind: z.literal('Status'),
  message: z.string().optional(),
  reason: z.string().optional(),
  code: z.number().optional(),
  details: z
    .looseObject({
      name: z.string().optional(),
      group: z.string().optional(),
      kind: z.string().optional(),
      retryAfterSeconds: z.number().optional(),
      causes: z
        .array(
          z.looseObject({
            reason: z.string().optional(),
            message: z.string().optional(),
            field: z.string().optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});

export interface Refusal {
  readonly status: number;
  readonly body: string;
  /** What was tried, for the sentence: `create certificates.cert-manager.io default/web`. */
  readonly what: string;
  /** ms since the epoch, by Retry-After. */
  readonly retryAt?: number | undefined;
}

const LONGEST_MESSAGE = 2000;
const LONGEST_LINE = 200;

/** What an answer of the API server that is not a success means (metav1.Status, or a proxy's page). */
export function statusError(refusal: Refusal): KubeError {
  const parsed = statusSchema.safeParse(parseJson(refusal.body));
  const { message, reason, details } = parsed.data ?? {};
  const causes: ErrorCause[] = (details?.causes ?? []).map((cause) => ({
    type: cause.reason ?? '',
    field: cause.field ?? '',
    message: cause.message ?? '',
  }));
  const code = codeOf(refusal.status, reason);
  const said = message === undefined || message === '' ? answered(refusal) : withCauses(message, causes);
  const { status, what } = refusal;
  return new KubeError(code, sentence(code, status, what, printable(said)), {
    status,
    reason,
    causes,
    isObject: details?.name !== undefined && details.name !== '',
    retry: retryOf(code, refusal.retryAt),
  });
}

/** What is no Status is a page of a proxy, or one line of text. */
function answered({ status, body }: Refusal): string {
  const line = body.trim();
  const isLine = line.length <= LONGEST_LINE && /^[^\n<{[]+$/.test(line);
  return `it answered ${status}${isLine ? `: ${line}` : ''}`;
}

function codeOf(status: number, reason: string | undefined): KubeCode {
  if (status === 409) return reason === 'AlreadyExists' ? 'kube-exists' : 'kube-conflict';
  if (status === 401 || status === 403) return 'kube-forbidden';
  if (status === 404) return 'kube-not-found';
  if (status === 410) return 'kube-gone';
  if (status === 429 || status >= 500) return 'kube-unavailable';
  return 'kube-invalid';
}

function retryOf(code: KubeCode, retryAt: number | undefined): Retry {
  if (retryAt !== undefined) return { kind: 'after', at: retryAt };
  // RBAC may be mended by somebody at any time, without a change that we would see.
  return code === 'kube-invalid' ? { kind: 'never' } : { kind: 'backoff' };
}

function sentence(code: KubeCode, status: number, what: string, said: string): string {
  switch (code) {
    case 'kube-forbidden':
      if (status === 401)
        return `the API server does not know us when we ${what}: ${said}; check the token or the client certificate`;
      // Admission policies and namespaces that end say no in words of their own.
      return / cannot \w+ /.test(said)
        ? `the API server does not allow us to ${what}: ${said}; give that user a Role or ClusterRole that allows it`
        : `the API server does not let us ${what}: ${said}`;
    case 'kube-invalid':
      return `the API server does not accept it when we ${what}: ${said}`;
    case 'kube-not-found':
      return `the API server has nothing there when we ${what}: ${said}`;
    case 'kube-unavailable':
      return `the API server cannot ${what} at the moment: ${said}`;
    case 'kube-conflict':
    case 'kube-exists':
    case 'kube-gone':
    case 'kube-bad-object':
      return `${what}: ${said}`;
    default:
      return assertNever(code);
  }
}

/** The server puts causes into its message as a rule, but not those of every admission webhook. */
function withCauses(message: string, causes: readonly ErrorCause[]): string {
  const missing = causes.filter((cause) => cause.message !== '' && !message.includes(cause.message));
  const words = missing.map((cause) => (cause.field === '' ? cause.message : `${cause.field}: ${cause.message}`));
  return words.length === 0 ? message : `${message} (${words.join('; ')})`;
}

function printable(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ').trim();
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)} ...` : line;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
