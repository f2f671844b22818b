import { once } from 'node:events';
import type { Server } from 'node:http';
import { DomainError, messageOf } from '../core/error.ts';

export interface HttpAddress {
  readonly address: string;
  readonly port: number;
}

/** Names the program that holds a TCP port, when that can be found out. */
export type DescribeHolder = (taken: HttpAddress) => Promise<string | undefined>;

/**
 * Resolves when the server listens at `at`, one of `all`.
 * @throws DomainError `port-in-use`, `port-forbidden`, `address-unavailable`
 */
export async function listen(
  server: Server,
  at: HttpAddress,
  all: readonly HttpAddress[],
  describeHolder: DescribeHolder | undefined,
): Promise<void> {
  // `::` takes IPv4 along, unless IPv4 has a listener of its own.
  const ipv6Only = at.address === '::' && all.some(({ address, port }) => address === '0.0.0.0' && port === at.port);
  const listening = once(server, 'listening');
  server.listen({ host: at.address, port: at.port, ipv6Only });
  try {
    await listening;
  } catch (error) {
    throw await listenError(error as NodeJS.ErrnoException, at, describeHolder);
  }
}

async function listenError(
  error: NodeJS.ErrnoException,
  at: HttpAddress,
  describeHolder: DescribeHolder | undefined,
): Promise<DomainError> {
  const where = `TCP ${at.address.includes(':') ? `[${at.address}]` : at.address}:${at.port}`;
  if (error.code === 'EADDRINUSE') {
    const holder = await describeHolder?.(at);
    const by = holder === undefined ? 'another program' : holder;
    return new DomainError('port-in-use', `${where} is in use by ${by}; stop it, or choose another port`, {
      cause: error,
    });
  }
  if (error.code === 'EACCES') {
    const hint = 'run as root, give the program CAP_NET_BIND_SERVICE, or choose a port from 1024 up';
    return new DomainError('port-forbidden', `${where} may not be opened by this user; ${hint}`, { cause: error });
  }
  const hint = 'name an address of this machine';
  return new DomainError('address-unavailable', `${where} cannot be opened: ${messageOf(error)}; ${hint}`, {
    cause: error,
  });
}
