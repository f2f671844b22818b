import { DomainError, messageOf } from '../core/error.ts';

/** What PostgreSQL or the way to it says, as ours. One that is ours already stays. */
export function storeUnavailable(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  const message = `PostgreSQL cannot do its work: ${reasonOf(error)}`;
  // Class 28 and 42501 are what somebody has not been allowed, 3D what is not there: trying again is no help.
  const isFinal = /^(28|3D|42501)/.test(sqlState(error) ?? '');
  return new DomainError('store-unavailable', message, {
    retry: { kind: isFinal ? 'never' : 'backoff' },
    cause: error,
  });
}

/** Whether a statement was refused for what it says: SQLSTATE classes 22 (data) and 23 (constraints). The connection is good. */
export function isRefusal(error: DomainError): boolean {
  return /^2[23]/.test(sqlState(error.cause) ?? '');
}

/** Whether a connection that was good before has ended: another one may do. Not when there was no answer in time. */
export function isBrokenConnection(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // 57P01: the server ends all connections.
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === '57P01') return true;
  return code === undefined && /^(Connection terminated|Client (was closed|has encountered))/.test(messageOf(error));
}

/** The SQLSTATE of an error of PostgreSQL, as "42P01". */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(reasonOf))].join(', ');
  const network = networkReason(error);
  if (network !== undefined) return network;
  const code = sqlState(error);
  if (code === '28P01' || code === '28000') return `${messageOf(error)}; check the user and the password`;
  if (code === '3D000') return `${messageOf(error)}; check its name, or make it`;
  if (code === '42501') return `${messageOf(error)}; ${neededRight(messageOf(error))}`;
  if (messageOf(error) === 'Query read timeout') return 'it did not answer in time';
  if (/^timeout exceeded when trying to connect|connection timeout/.test(messageOf(error)))
    return 'it cannot be reached: no answer in time';
  if (messageOf(error).startsWith('Client has encountered a connection error')) return 'the connection was cut';
  return messageOf(error);
}

function neededRight(message: string): string {
  if (/for database /.test(message)) return 'the user needs the right to create a schema in the database';
  return 'the user has to own what is there, or to have all rights on it';
}

/** Where nobody is, from the fields that Node gives such an error. */
function networkReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const { code, address, port, hostname } = error as NodeJS.ErrnoException & Readonly<Record<string, unknown>>;
  const at = typeof address === 'string' ? (typeof port === 'number' ? `${address}:${port}` : address) : 'its address';
  if (code === 'ECONNREFUSED') return `nothing listens at ${at}; see that it runs, and that its URL is right`;
  if (code === 'ENOENT') return `there is no socket ${at}; see that it runs, and that its URL is right`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name ${String(hostname)} is not found; check its URL`;
  return undefined;
}
