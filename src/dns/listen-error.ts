import { isIPv6 } from 'node:net';
import { DomainError, messageOf } from '../core/error.ts';
import type { Listener } from './listener.ts';
import { portHolder } from './port-holder.ts';

/** What went wrong when a listener was to be opened, and what to do about it. */
export function listenError(error: unknown, listener: Listener): DomainError {
  if (error instanceof DomainError) return error;
  const where = `${isIPv6(listener.address) ? `[${listener.address}]` : listener.address}:${listener.port} (${listener.transport})`;
  switch ((error as NodeJS.ErrnoException | undefined)?.code ?? '') {
    case 'EADDRINUSE':
      return new DomainError('port-in-use', `DNS cannot listen on ${where}: ${heldBy(listener)}`, { cause: error });
    case 'EACCES': {
      const how =
        'start it as root, or let it have CAP_NET_BIND_SERVICE (AmbientCapabilities= in a systemd unit), or use a port above 1023';
      return new DomainError('port-forbidden', `DNS may not listen on ${where}: ${how}`, { cause: error });
    }
    case 'EADDRNOTAVAIL':
      return new DomainError(
        'invalid-listener',
        `DNS cannot listen on ${where}: this machine does not have that address`,
        { cause: error },
      );
    case 'EAFNOSUPPORT': {
      const hint = 'take that address out of dns.listen';
      return new DomainError('no-ipv6', `DNS cannot listen on ${where}: this machine has no IPv6; ${hint}`, {
        cause: error,
      });
    }
    default:
      return new DomainError('listen-failed', `DNS cannot listen on ${where}: ${messageOf(error)}`, { cause: error });
  }
}

function heldBy({ transport, port }: Listener): string {
  const holder = portHolder(transport, port);
  if (holder === undefined)
    return 'another program has that port, and it cannot be seen which (as root it could); stop it, or use another port';
  const has = `${holder.program} (process ${holder.pid}) has that port`;
  // It listens on 127.0.0.53 and .54 only, which is in the way of 0.0.0.0 and of nothing else.
  if (holder.program.startsWith('systemd-resolve')) {
    return `${has}; listen on the machine's own address instead of 0.0.0.0, or set DNSStubListener=no in /etc/systemd/resolved.conf and restart systemd-resolved`;
  }
  return `${has}; stop it, or use another port`;
}
