import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import type { DomainName } from '../../src/core/domain-name.ts';
import { parseDomainName } from '../../src/core/domain-name.ts';
import type { NameTable } from '../../src/dns/name-table.ts';

export interface StandIn {
  readonly url: string;
  /** Calls as `METHOD path status`, in order. */
  readonly calls: readonly string[];
  stop(): Promise<void>;
}

interface Slot {
  value: string;
  /** Whole seconds, as acme-dns keeps them. */
  lastUpdate: number;
}

/**
 * acme-dns as it is upstream: two slots per account, the older overwritten, ties in favour of the first, no de-duplication, and
 * a name without values does not exist.
 */
export async function startAcmeDnsStandIn(origin: DomainName, names: NameTable): Promise<StandIn> {
  const accounts = new Map<string, { password: string; subdomain: string; slots: [Slot, Slot] }>();
  const calls: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body: unknown = await json(request).catch(() => undefined);
      const [status, answer] = handle(request.url ?? '', request.headers, body);
      calls.push(`${request.method} ${request.url} ${status}`);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    })();
  });

  function handle(path: string, headers: NodeJS.Dict<string | string[]>, body: unknown): [number, unknown] {
    if (path === '/register') {
      const [username, subdomain, password] = [randomUUID(), randomUUID(), randomBytes(30).toString('base64url')];
      const empty = { value: '', lastUpdate: 0 };
      accounts.set(username, { password, subdomain, slots: [{ ...empty }, { ...empty }] });
      return [201, { username, password, fulldomain: `${subdomain}.${origin}`, subdomain, allowfrom: [] }];
    }
    const account = accounts.get(String(headers['x-api-user']));
    const { subdomain, txt } = (body ?? {}) as { subdomain?: string; txt?: string };
    if (path !== '/update') return [404, '404 page not found'];
    if (account === undefined || account.password !== headers['x-api-key'] || account.subdomain !== subdomain)
      return [401, { error: 'forbidden' }];
    if (txt === undefined || !/^[\w-]{43}$/.test(txt)) return [400, { error: 'bad_txt' }];
    const [one, two] = account.slots;
    const slot = two.lastUpdate < one.lastUpdate ? two : one;
    Object.assign(slot, { value: txt, lastUpdate: Math.floor(Date.now() / 1000) });
    names.set(
      parseDomainName(`${subdomain}.${origin}`),
      account.slots.map(({ value }) => value).filter((value) => value !== ''),
    );
    return [200, { txt }];
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    calls,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
