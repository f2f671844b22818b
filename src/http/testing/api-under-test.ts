import { createChallengeZone, type Registration } from '../../acmedns/challenge-zone.ts';
import { systemClock } from '../../core/clock.ts';
import { parseDomainName } from '../../core/domain-name.ts';
import { createNameTable } from '../../dns/name-table.ts';
import { createMemoryAccountStore } from '../../../test/conformance/account-store-in-memory.ts';
import { type ApiOptions, createApi } from '../api.ts';
import { keptPassword } from '../user-passwords.ts';

export const VALUE = 'LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM';
export const JSON_TYPE = { 'content-type': 'application/json', vary: 'Origin' };

export interface AskInit {
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** The peer of the connection. */
  readonly from?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** lego's HTTP storage for alice, whose password is `secret`; nothing is in it. */
export function emptyStorage(isDelegated: boolean): NonNullable<ApiOptions['storage']> {
  const keeper = {
    list: async () => ({}),
    fetch: async () => undefined,
    put: async () => {},
    remove: async () => false,
  };
  return { users: new Map([['alice', keptPassword('secret')]]), keeper, isDelegated: async () => isDelegated };
}

/** The API without a socket, on a store in memory. */
export function newApi(options: Partial<ApiOptions> = {}) {
  const names = createNameTable();
  const store = createMemoryAccountStore();
  const zone = createChallengeZone({ origin: parseDomainName('auth.example.net'), names, store, clock: systemClock });
  const app = createApi({ zone, ...options });

  async function ask(method: string, path: string, { from = '192.0.2.1', ...rest }: AskInit = {}): Promise<Reply> {
    const request = new Request(`http://api.example.net${path}`, { method, ...rest });
    const response = await app.fetch(request, { peer: from });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  }

  /** A call by the owner of an account. */
  function own(account: Registration, path: string, body: string | object, more: AskInit = {}): Promise<Reply> {
    const headers = { 'X-Api-User': account.username, 'X-Api-Key': account.password, ...more.headers };
    return ask('POST', path, { ...more, headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  }

  return {
    app,
    ask,
    own,
    register: async (body = ''): Promise<Registration> =>
      JSON.parse((await ask('POST', '/register', { body })).body) as Registration,
    update: (account: Registration, body: string, headers: Record<string, string> = {}, from = '192.0.2.1') =>
      own(account, '/update', body, { headers, from }),
    served: (account: Registration) => names.get(parseDomainName(account.fulldomain)),
    store,
    zone,
  };
}

export function basic(user: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
