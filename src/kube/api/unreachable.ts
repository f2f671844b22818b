import { messageOf } from '../../core/error.ts';
import type { KubeConfig } from './kube-config.ts';
import { KubeError } from './kube-error.ts';

const NO_CONNECTION: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no address is known for this host',
  EAI_AGAIN: "the host's address cannot be looked up at the moment",
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to its network',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it stopped in the middle of an answer',
  TimeoutError: 'it does not answer in time',
  ECONNRESET: 'it cut the connection',
  EPIPE: 'it cut the connection',
  UND_ERR_SOCKET: 'it cut the connection',
  UND_ERR_PRX_CONN: 'the proxy cut the connection',
  UND_ERR_PRX_TLS: "the proxy's TLS certificate is not trusted",
};

const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const CUT = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** What happened between two sockets, as one sentence. Always worth another try: servers restart, and networks heal. */
export function unreachable(thrown: unknown, { server, proxy }: Pick<KubeConfig, 'server' | 'proxy'>): KubeError {
  const code = codeOf(thrown);
  const why = isTls(thrown) ? tlsFault(code) : (refusalOfProxy(thrown) ?? NO_CONNECTION[code] ?? messageOf(thrown));
  // Its password, if there is one, stays here.
  const way = proxy === undefined ? '' : ` through the proxy ${proxy.protocol}//${proxy.host}`;
  return new KubeError('kube-unavailable', `the API server ${server} cannot be reached${way}: ${why}`, {
    cause: thrown,
  });
}

function tlsFault(code: string): string {
  return /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code)
    ? 'it does not speak TLS; check the host and the port in the kubeconfig'
    : `its TLS certificate is not trusted (${code}); check certificate-authority in the kubeconfig`;
}

/** undici has only a sentence for what a proxy answers to CONNECT. */
function refusalOfProxy(thrown: unknown): string | undefined {
  const status = /^Proxy response \((\d+)\)/.exec(messageOf(thrown))?.[1];
  if (status === undefined) return undefined;
  return status === '407'
    ? 'the proxy wants a name and a password (407); put them into its URL, http://name:password@host'
    : `the proxy answered ${status}`;
}

/** Nothing of the request can have reached the server. */
export function wasNotSent(thrown: unknown): boolean {
  return NOT_SENT.has(codeOf(thrown)) || isTls(thrown);
}

/** The connection broke at some moment: the server may have acted on the request. */
export function wasCut(thrown: unknown): boolean {
  return CUT.has(codeOf(thrown));
}

/** A certificate that is not trusted: the roots may have been replaced. */
export function isTls(thrown: unknown): boolean {
  return /^(ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_SSL_)/.test(codeOf(thrown));
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  const [first] = thrown instanceof AggregateError ? (thrown.errors as unknown[]) : [];
  if (first !== undefined) return codeOf(first);
  return thrown.cause === undefined ? thrown.name : codeOf(thrown.cause);
}
