import { assertNever } from '../core/assert-never.ts';
import { DomainError } from '../core/error.ts';
import type { AcmeDnsOutcome } from './acme-dns-client.ts';

/** Which call failed and for whom, as far as the sentences need it. */
export interface RemoteCall {
  readonly kind: 'register' | 'update';
  /** Base URL without credentials. */
  readonly server: string;
  readonly domain: string;
  readonly accountFile: string;
  /** Where the account says it was registered. */
  readonly registeredAt?: string | undefined;
  /** ms since the epoch. */
  readonly now: number;
}

type Failure = Exclude<AcmeDnsOutcome<unknown>, { kind: 'done' }>;

/** The sentence for what an acme-dns server would not do: what it said, and what to change. */
export function remoteFault(failure: Failure, call: RemoteCall): DomainError {
  const { server } = call;
  switch (failure.kind) {
    case 'unreachable':
      return new DomainError(
        'acme-dns-unreachable',
        `the acme-dns server ${server} cannot be reached: ${failure.reason}; check the URL and that the server runs`,
        { retry: { kind: 'backoff' } },
      );
    case 'redirected':
      return new DomainError(
        'acme-dns-redirected',
        `the acme-dns server ${server} redirects to ${failure.location}; give the URL it redirects to as the server`,
      );
    case 'foreign':
      return new DomainError(
        'acme-dns-foreign',
        `${server} answered /${call.kind} with ${failure.what} (status ${failure.status}): this is not the API of an ` +
          'acme-dns server; check the URL and its path, and that no login page stands before it',
      );
    case 'refused':
      return refused(failure, call);
    default:
      return assertNever(failure);
  }
}

function refused(failure: Failure & { kind: 'refused' }, call: RemoteCall): DomainError {
  const { status } = failure;
  const { server, domain, accountFile } = call;
  const said = failure.error === undefined ? `status ${status}` : `status ${status} "${failure.error}"`;
  if (status === 429 || status === 503) {
    const { retryAfter } = failure;
    const retry =
      retryAfter === undefined ? { kind: 'backoff' as const } : { kind: 'after' as const, at: call.now + retryAfter };
    return new DomainError(
      'acme-dns-busy',
      `the acme-dns server ${server} is busy (${said}); it is asked again later`,
      { retry },
    );
  }
  if (status >= 500) {
    return new DomainError(
      'acme-dns-failed',
      `the acme-dns server ${server} failed at /${call.kind} for ${domain} (${said}); its own log says why`,
      { retry: { kind: 'backoff' } },
    );
  }
  if (call.kind === 'register') return refusedRegister(status, said, call);
  if (status === 401 || status === 403) {
    const moved =
      call.registeredAt === undefined || call.registeredAt === server
        ? ''
        : ` It was registered at ${call.registeredAt}, which is another server.`;
    return new DomainError(
      'acme-dns-forbidden',
      `the acme-dns server ${server} refused the account for ${domain} in ${accountFile} (${said}): ` +
        'the account may be unknown there, its password wrong, or this machine not in its allowfrom list.' +
        `${moved} Mend the entry, or remove it to register anew (the CNAME then changes)`,
    );
  }
  if (status === 404) {
    return new DomainError(
      'acme-dns-foreign',
      `${server} has no /update (${said}): this is not the API of an acme-dns server; check the URL and its path`,
    );
  }
  return new DomainError(
    'acme-dns-refused',
    `the acme-dns server ${server} refused the answer for ${domain} (${said})`,
  );
}

function refusedRegister(status: number, said: string, call: RemoteCall): DomainError {
  const { server, domain, accountFile } = call;
  const byHand = `put an account for "${domain}" into ${accountFile} by hand`;
  if (status === 404 || status === 405) {
    return new DomainError(
      'acme-dns-registration-disabled',
      `${domain} has no account yet, and the acme-dns server ${server} does not register new ones (${said}): ` +
        `${byHand}, or enable registration there, or check the URL and its path`,
    );
  }
  if (status === 401 || status === 403) {
    return new DomainError(
      'acme-dns-registration-disabled',
      `the acme-dns server ${server} asks for credentials to register ${domain} (${said}): ` +
        `write them into the URL as https://user:password@host, or ${byHand}`,
    );
  }
  return new DomainError('acme-dns-refused', `the acme-dns server ${server} did not register ${domain} (${said})`);
}
