import { AcmeError } from './problem.ts';
import { messageOf } from '../core/error.ts';

export interface Attempt {
  readonly url: string;
  /** ms for the whole exchange. */
  readonly timeout: number;
  /** Whether roots were given in place of the system's. */
  readonly ownTrust: boolean;
  readonly proxy?: URL | undefined;
}

const UNTRUSTED: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in an unknown root',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its issuer is unknown',
  UNABLE_TO_GET_ISSUER_CERT: 'its issuer is unknown',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its issuer is unknown',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  CERT_UNTRUSTED: 'its root is not trusted',
  CERT_REJECTED: 'its root is not trusted',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  INVALID_CA: 'its issuer may not sign certificates',
  INVALID_PURPOSE: 'it is not meant for servers',
  CERT_REVOKED: 'it is revoked',
};

const NO_CONNECTION: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no address is known for this host',
  EAI_AGAIN: "the host's address cannot be looked up at the moment",
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to its network',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  ECONNRESET: 'it cut the connection',
  EPIPE: 'it cut the connection',
  UND_ERR_SOCKET: 'it cut the connection',
  UND_ERR_PRX_CONN: 'the proxy cut the connection',
  UND_ERR_PRX_TLS: "the proxy's TLS certificate is not trusted",
};

const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'TimeoutError']);
const NOT_TLS = /wrong version number|packet length too long|unknown protocol|http request/i;

/** What happened between two sockets, as one sentence that says what to do. */
export function transportFault(thrown: unknown, attempt: Attempt): AcmeError {
  const { host } = new URL(attempt.url);
  const code = codeOf(thrown);
  if (TIMEOUTS.has(code)) {
    return new AcmeError('acme-timeout', `the CA at ${host} did not answer within ${attempt.timeout / 1000} s`, {
      retry: { kind: 'backoff' },
      cause: thrown,
    });
  }
  return (
    untrusted(code, thrown, host, attempt) ?? noTls(thrown, host) ?? unreachable(code, thrown, host, attempt.proxy)
  );
}

function untrusted(code: string, thrown: unknown, host: string, attempt: Attempt): AcmeError | undefined {
  const roots = attempt.ownTrust
    ? 'the roots given for it (--ca-root) do not vouch for it: give the root that signed it'
    : 'if this is a private CA, name its root with --ca-root FILE';
  const why =
    UNTRUSTED[code] !== undefined
      ? `${UNTRUSTED[code]}; ${roots}`
      : code === 'ERR_TLS_CERT_ALTNAME_INVALID'
        ? 'it is for other names; give the directory URL with a host name that the certificate has'
        : code === 'CERT_HAS_EXPIRED'
          ? "it has expired; renew it there, or set this machine's clock if it is wrong"
          : code === 'CERT_NOT_YET_VALID'
            ? "it is not valid yet; check this machine's clock"
            : undefined;
  if (why === undefined) return undefined;
  return new AcmeError('acme-untrusted', `the TLS certificate of the CA at ${host} is not trusted: ${why}`, {
    retry: { kind: 'backoff' },
    cause: thrown,
  });
}

function noTls(thrown: unknown, host: string): AcmeError | undefined {
  if (!NOT_TLS.test(messageOf(thrown))) return undefined;
  return new AcmeError(
    'acme-not-a-directory',
    `what listens at ${host} does not speak TLS; give the https:// directory URL of an ACME CA`,
    { retry: { kind: 'backoff' }, cause: thrown },
  );
}

function unreachable(code: string, thrown: unknown, host: string, proxy: URL | undefined): AcmeError {
  const why = refusalOfProxy(thrown) ?? NO_CONNECTION[code] ?? messageOf(thrown);
  // Its password, if there is one, stays here.
  const way = proxy === undefined ? '' : ` through the proxy ${proxy.protocol}//${proxy.host}`;
  return new AcmeError(
    'acme-unreachable',
    `the CA at ${host} cannot be reached${way}: ${why}; check the directory URL and this machine's network`,
    { retry: { kind: 'backoff' }, cause: thrown },
  );
}

/** undici has only a sentence for what a proxy answers to CONNECT. */
function refusalOfProxy(thrown: unknown): string | undefined {
  const status = /^Proxy response \((\d+)\)/.exec(messageOf(thrown))?.[1];
  if (status === undefined) return undefined;
  return status === '407'
    ? 'the proxy wants a name and a password (407), which belong into its URL, http://name:password@host'
    : `the proxy answered ${status}`;
}

/** Whether a connection that stood was cut. */
export function isCut(thrown: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(codeOf(thrown));
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  if (thrown.name === 'TimeoutError') return 'TimeoutError';
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  // When every address of a host fails, Node wraps the failures; the first tells enough.
  if (thrown instanceof AggregateError) return codeOf(thrown.errors[0]);
  return thrown.cause === undefined ? '' : codeOf(thrown.cause);
}
