/*
 * What clients of acme-dns send, header for header and byte for byte, and how they decide whether it worked. Read in their
 * sources (goacmedns, pyacmedns, acme-dns-client-2, acme.sh, win-acme, Certify, Posh-ACME, libdns/acmedns) and in what their HTTP
 * libraries add: Go's net/http, Python's requests, .NET's HttpClient, PowerShell, curl.
 */

export interface RegisteredAccount {
  readonly username: string;
  readonly password: string;
  readonly fulldomain: string;
  readonly subdomain: string;
}

export interface HttpReply {
  readonly status: number;
  readonly body: string;
}

/** Pieces are written to the socket one after another, as the client's library does. */
export type WireRequest = readonly string[];

export interface ClientReplay {
  readonly client: string;
  /** undefined where the client never registers by itself. */
  readonly register?: WireRequest;
  readonly update: (account: RegisteredAccount, txt: string) => WireRequest;
  /** The account it would go on with; undefined where it says that it failed. */
  readonly registered?: (reply: HttpReply) => RegisteredAccount | undefined;
  readonly updated: (reply: HttpReply, txt: string) => boolean;
}

const HOST = 'Host: auth.example.net';

function post(path: string, headers: readonly string[]): string {
  return `${[`POST ${path} HTTP/1.1`, HOST, ...headers].join('\r\n')}\r\n\r\n`;
}

/** Go: Host and User-Agent, then the length, then the others by their names. */
function go(path: string, agent: string, headers: readonly string[], body: string): WireRequest {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return [post(path, [`User-Agent: ${agent}`, length, ...headers.toSorted(), 'Accept-Encoding: gzip']) + body];
}

/** Python's requests: the body goes out by itself. */
function python(path: string, headers: readonly string[], body: string): WireRequest {
  const usual = ['User-Agent: python-requests/2.32.5', 'Accept-Encoding: gzip, deflate', 'Accept: */*'];
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const head = post(path, [...usual, 'Connection: keep-alive', ...headers, length]);
  return body === '' ? [head] : [head, body];
}

/** .NET: the headers of the content come last. */
function dotnet(path: string, headers: readonly string[], type: string, body: string): WireRequest {
  const content = [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`];
  return [post(path, [...headers, ...content]) + body];
}

function curl(path: string, headers: readonly string[], body: string | undefined): WireRequest {
  const form = ['Content-Type: application/x-www-form-urlencoded'];
  const content = body === undefined ? [] : [`Content-Length: ${body.length}`, ...form];
  return [post(path, ['User-Agent: curl/7.88.1', 'Accept: */*', ...headers, ...content]) + (body ?? '')];
}

const user = ({ username }: RegisteredAccount) => `X-Api-User: ${username}`;
const key = ({ password }: RegisteredAccount) => `X-Api-Key: ${password}`;
const JSON_TYPE = 'Content-Type: application/json';

/** Members are found whatever their letter case is (Go, .NET); an account that lacks one is none. */
function parseAccount({ body }: HttpReply): RegisteredAccount | undefined {
  const members = Object.entries(JSON.parse(body) as Record<string, unknown>);
  const account = Object.fromEntries(members.map(([name, value]) => [name.toLowerCase(), value]));
  const fields = ['username', 'password', 'fulldomain', 'subdomain'];
  return fields.every((name) => typeof account[name] === 'string') ? (account as never) : undefined;
}

const status = (expected: number) => (reply: HttpReply) =>
  reply.status === expected ? parseAccount(reply) : undefined;
const anySuccess = (reply: HttpReply) => (reply.status >= 200 && reply.status < 300 ? parseAccount(reply) : undefined);
const is = (expected: number) => (reply: HttpReply) => reply.status === expected;
const is2xx = (reply: HttpReply) => reply.status >= 200 && reply.status < 300;

const GOACMEDNS = 'goacmedns (linux; amd64)';
const ACCEPT = 'Accept: application/json';

export const clientReplays: readonly ClientReplay[] = [
  {
    client: 'goacmedns 0.2 (lego from 4.22, cert-manager from 1.19): the four letters null',
    register: go('/register', GOACMEDNS, [ACCEPT, JSON_TYPE], 'null\n'),
    registered: anySuccess,
    update: (account, txt) =>
      go(
        '/update',
        GOACMEDNS,
        [ACCEPT, JSON_TYPE, user(account), key(account)],
        `{"subdomain":"${account.subdomain}","txt":"${txt}"}\n`,
      ),
    updated: is2xx,
  },
  {
    client: 'goacmedns 0.2 with an allow list, at a base URL with userinfo and a path',
    register: go(
      '/t/whatever/register',
      GOACMEDNS,
      [ACCEPT, 'Authorization: Basic dTpw', JSON_TYPE],
      '{"allowfrom":["127.0.0.0/8","::1/128"]}\n',
    ),
    registered: anySuccess,
    update: (account, txt) =>
      go(
        '/t/whatever/update',
        GOACMEDNS,
        [ACCEPT, 'Authorization: Basic dTpw', JSON_TYPE, user(account), key(account)],
        `{"subdomain":"${account.subdomain}","txt":"${txt}"}\n`,
      ),
    updated: is2xx,
  },
  {
    client: 'goacmedns 0.1 (lego to 4.21, Traefik, cert-manager to 1.18, acme-dns-client): capitals',
    register: go('/register', GOACMEDNS, [JSON_TYPE], ''),
    registered: status(201),
    update: (account, txt) =>
      go(
        '/update',
        GOACMEDNS,
        [JSON_TYPE, user(account), key(account)],
        `{"SubDomain":"${account.subdomain}","Txt":"${txt}"}`,
      ),
    updated: is(200),
  },
  {
    client: 'goacmedns 0.1 with an allow list',
    register: go('/register', GOACMEDNS, [JSON_TYPE], '{"AllowFrom":["127.0.0.0/8","::1/128"]}'),
    registered: status(201),
    update: (account, txt) =>
      go(
        '/update',
        GOACMEDNS,
        [JSON_TYPE, user(account), key(account)],
        `{"SubDomain":"${account.subdomain}","Txt":"${txt}"}`,
      ),
    updated: is(200),
  },
  {
    client: 'libdns/acmedns (Caddy)',
    update: (account, txt) =>
      go(
        '/update',
        'Go-http-client/1.1',
        [JSON_TYPE, user(account), key(account)],
        `{"subdomain":"${account.subdomain}","txt":"${txt}"}`,
      ),
    updated: is(200),
  },
  {
    client: 'pyacmedns (certbot-dns-acmedns, Nginx Proxy Manager): a base URL that ends in a slash',
    register: python('//register', [], ''),
    registered: status(201),
    update: (account, txt) =>
      python(
        '//update',
        [user(account), key(account), JSON_TYPE],
        `{"subdomain": "${account.subdomain}", "txt": "${txt}"}`,
      ),
    updated: is(200),
  },
  {
    client: 'acme-dns-certbot: an allow list without a media type',
    register: python('/register', [], '{"allowfrom": ["127.0.0.1/32"]}'),
    registered: status(201),
    update: (account, txt) =>
      python(
        '/update',
        [user(account), key(account), JSON_TYPE],
        `{"subdomain": "${account.subdomain}", "txt": "${txt}"}`,
      ),
    updated: is(200),
  },
  {
    client: 'acme-dns-client-2',
    register: python('/register', ['Content-Type: application/json; charset=utf8'], '{}'),
    registered: status(201),
    update: (account, txt) =>
      python(
        '/update',
        ['Content-Type: application/json; charset=utf8', user(account), key(account)],
        `{"subdomain": "${account.subdomain}", "txt": "${txt}"}`,
      ),
    updated: is(200),
  },
  {
    client: 'win-acme, simple-acme: the status is not looked at',
    register: dotnet('/register', ['User-Agent: win-acme/2.2.9'], 'text/plain; charset=utf-8', ''),
    registered: parseAccount,
    update: (account, txt) =>
      dotnet(
        '/update',
        ['User-Agent: win-acme/2.2.9', 'Authorization: Basic dTpw', user(account), key(account)],
        'application/json; charset=utf-8',
        `{"subdomain":"${account.subdomain}","txt":"${txt}"}`,
      ),
    updated: is2xx,
  },
  {
    client: 'Certify The Web: JSON as text/plain, Basic in base64url',
    register: dotnet(
      '/register',
      ['User-Agent: Certify/DnsProviderAcmeDns', 'Authorization: Basic YUBleGFtcGxlLm9yZzo_Pz4'],
      'text/plain; charset=utf-8',
      '{"allowfrom":["127.0.0.0/8"]}',
    ),
    registered: anySuccess,
    update: (account, txt) =>
      dotnet(
        '/update',
        ['User-Agent: Certify/DnsProviderAcmeDns', user(account), key(account)],
        'text/plain; charset=utf-8',
        `{"subdomain":"${account.subdomain}","txt":"${txt}"}`,
      ),
    updated: (reply, txt) => is2xx(reply) && (JSON.parse(reply.body) as { txt?: string }).txt === txt,
  },
  {
    client: 'Posh-ACME: the media type of a form where none is given',
    register: dotnet('/register', ['User-Agent: Mozilla/5.0 (Linux) PowerShell/7.4.6'], 'application/json', '{}'),
    registered: anySuccess,
    update: (account, txt) =>
      dotnet(
        '/update',
        ['User-Agent: Mozilla/5.0 (Linux) PowerShell/7.4.6', key(account), user(account)],
        'application/x-www-form-urlencoded',
        `{"txt":"${txt}","subdomain":"${account.subdomain}"}`,
      ),
    updated: is2xx,
  },
  {
    client: 'hooks of dehydrated: curl -X POST without a body, JSON with the media type of a form',
    register: curl('/register', [], undefined),
    registered: anySuccess,
    update: (account, txt) =>
      curl('/update', [user(account), key(account)], `{"subdomain": "${account.subdomain}", "txt": "${txt}"}`),
    updated: ({ body }, txt) => body.includes(txt),
  },
  {
    client: 'acme.sh',
    register: curl('/register', [], ''),
    registered: anySuccess,
    update: (account, txt) =>
      curl('/update', [user(account), key(account)], `{"subdomain":"${account.subdomain}", "txt": "${txt}"}`),
    updated: ({ body }, txt) => body.includes(`"${txt}"`),
  },
];
