import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { NameServer } from '../dns/query.ts';

/** What resolv.conf(5) promises when it names no server: the one on this machine. */
const LOCAL: readonly NameServer[] = [{ address: '127.0.0.1', port: 53 }];

/** The `nameserver` lines of a resolv.conf, in order; three at most, as the C library does. Lines it cannot read are passed over. */
export function parseResolvers(text: string): readonly NameServer[] {
  const found: NameServer[] = [];
  for (const line of text.split(/\r?\n/)) {
    const address = /^nameserver\s+(\S+)/.exec(line)?.[1];
    // A zone such as %eth0 belongs to a link-local address and is kept: the socket needs it.
    if (address !== undefined && isIP(address) !== 0) found.push({ address, port: 53 });
  }
  return found.length === 0 ? LOCAL : found.slice(0, 3);
}

/** The resolvers of this machine. A machine without the file has the resolver that runs on it, or none. */
export async function systemResolvers(path = '/etc/resolv.conf'): Promise<readonly NameServer[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return parseResolvers(text);
}
