import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import { parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { connectProxy } from '../core/testing/proxies.ts';
import { type AcmeDnsAccount, openAccountFile } from './account-file.ts';
import { createRemotePresenter, type RemotePresenter, type RemotePresenterOptions } from './remote-presenter.ts';

const DOMAIN = parseDomainName('example.org');
const VALUE = 'v'.repeat(43);
const PASSWORD = 'S3cretS3cretS3cretS3cretS3cretS3cretS3cr';
const ACCOUNT = { fulldomain: '8e57.auth.example.net', subdomain: '8e57', username: 'u-1', password: PASSWORD };
const answer = [{ name: parseDomainName(`_acme-challenge.${DOMAIN}`), value: VALUE }];

interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Reply = { status: number; body?: string; headers?: Record<string, string> };

/** Answers every request by script, and tells what it was asked. */
async function start(t: TestContext, reply: (seen: Seen) => Reply | 'nothing') {
  const seen: Seen[] = [];
  const server = createServer();
  server.on('request', (request, response) => {
    void (async () => {
      const body = await text(request);
      const one = { path: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      const said = reply(one);
      if (said === 'nothing') return;
      response.writeHead(said.status, said.headers ?? {}).end(said.body ?? '');
    })();
  });
  const port = await listen(t, server);
  return { seen, url: `http://127.0.0.1:${port}`, port };
}

async function listen(t: TestContext, server: Server): Promise<number> {
  const open = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => open.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function present(
  t: TestContext,
  options: Omit<RemotePresenterOptions, 'accounts'> & { account?: Partial<AcmeDnsAccount> },
): Promise<{ presenter: RemotePresenter; path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-remote-'));
  const path = join(folder, 'accounts.json');
  const accounts = openAccountFile(path);
  if (options.account !== undefined) await accounts.save(DOMAIN, { ...ACCOUNT, ...options.account });
  const presenter = createRemotePresenter({ ...options, accounts });
  t.after(async () => {
    await presenter.close();
    rmSync(folder, { recursive: true });
  });
  return { presenter, path };
}

const signal = (): AbortSignal => AbortSignal.timeout(10_000);
const registered = { status: 201, body: JSON.stringify({ ...ACCOUNT, allowfrom: [] }) };

async function failure(run: Promise<unknown>): Promise<DomainError> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof DomainError, `no DomainError: ${String(error)}`);
  assert.ok(!`${error.message} ${error.stack}`.includes(PASSWORD), 'the password is told');
  return error;
}

describe('calls in the form that every acme-dns server understands', () => {
  test('register and update, below a path, with Basic credentials of the URL', async (t) => {
    const { seen, port } = await start(t, ({ path }) =>
      path.endsWith('/register') ? registered : { status: 200, body: `{"txt": "${VALUE}"}` },
    );
    const { presenter, path } = await present(t, { server: `http://joe:p%3Aw@127.0.0.1:${port}/base/` });
    assert.equal(await presenter.delegationTarget(DOMAIN, signal()), '8e57.auth.example.net');
    // Before anyone is told the name, the account is on disk.
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), {
      'example.org': { ...ACCOUNT, server_url: `http://127.0.0.1:${port}/base` },
    });
    await presenter.present(answer, signal());
    assert.deepEqual(
      seen.map((one) => [one.path, JSON.parse(one.body), one.headers.authorization, one.headers['content-type']]),
      [
        ['/base/register', {}, 'Basic am9lOnA6dw==', 'application/json'],
        ['/base/update', { subdomain: '8e57', txt: VALUE }, 'Basic am9lOnA6dw==', 'application/json'],
      ],
    );
    assert.equal(seen[0]?.headers['x-api-key'], undefined);
    assert.equal(seen[1]?.headers['x-api-user'], 'u-1');
    assert.equal(seen[1]?.headers['x-api-key'], PASSWORD);
  });

  test('an allow list goes along with the registration', async (t) => {
    const { seen, url } = await start(t, () => registered);
    const { presenter } = await present(t, { server: url, allowFrom: ['192.0.2.0/24', '2001:db8::/32'] });
    await presenter.delegationTarget(DOMAIN, signal());
    assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { allowfrom: ['192.0.2.0/24', '2001:db8::/32'] });
  });

  test('a domain registers once, however many ask at once', async (t) => {
    const { seen, url } = await start(t, () => registered);
    const { presenter } = await present(t, { server: url });
    await Promise.all(Array.from({ length: 10 }, () => presenter.delegationTarget(DOMAIN, signal())));
    assert.equal(seen.length, 1);
  });

  for (const [status, body] of [
    [200, ''],
    [201, '{}'],
    [204, ''],
    [200, 'ok'],
  ] as const) {
    test(`an update is done by ${status} "${body}"`, async (t) => {
      const { url } = await start(t, () => (status === 204 ? { status } : { status, body }));
      const { presenter } = await present(t, { server: url, account: {} });
      await presenter.present(answer, signal());
    });
  }

  test('updates of different accounts run side by side, never more than eight', async (t) => {
    const waiting: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const server = createServer((request, response) => {
      request.resume();
      most = Math.max(most, ++running);
      waiting.push(() => {
        running -= 1;
        response.writeHead(200).end('{}');
      });
      // Nobody is let go before the eighth is there; from then on each at once.
      if (most >= 8) for (const release of waiting.splice(0)) release();
    });
    const port = await listen(t, server);
    const { presenter, path } = await present(t, { server: `http://127.0.0.1:${port}` });
    const accounts = openAccountFile(path);
    const domains = Array.from({ length: 12 }, (_, index) => parseDomainName(`d${index}.example.org`));
    for (const [index, domain] of domains.entries())
      await accounts.save(domain, { ...ACCOUNT, username: `u-${index}` });
    await presenter.present(
      domains.map((domain) => ({ name: parseDomainName(`_acme-challenge.${domain}`), value: VALUE })),
      signal(),
    );
    assert.equal(most, 8);
  });

  test('domains that share an account share its slots', async (t) => {
    const { seen, url } = await start(t, () => ({ status: 200 }));
    const { presenter, path } = await present(t, { server: url, account: {} });
    const other = parseDomainName('www.example.org');
    await openAccountFile(path).save(other, ACCOUNT);
    const third = [
      ...answer,
      ...['1', '2'].map((digit) => ({ name: parseDomainName(`_acme-challenge.${other}`), value: digit.repeat(43) })),
    ];
    assert.equal((await failure(presenter.present(third, signal()))).code, 'too-many-answers');
    assert.equal(seen.length, 0);
  });
});

function json(status: number, error: string): Reply {
  return { status, body: `{"error": "${error}"}`, headers: { 'content-type': 'application/json' } };
}

describe('what an acme-dns server will not do becomes a sentence', () => {
  const cases: readonly {
    what: string;
    reply: Reply;
    account?: Partial<AcmeDnsAccount>;
    code: string;
    says: RegExp;
    retry?: string;
  }[] = [
    {
      what: 'wrong credentials',
      reply: json(401, 'forbidden'),
      account: {},
      code: 'acme-dns-forbidden',
      says: /refused the account for example\.org in .*accounts\.json \(status 401 "forbidden"\).*password wrong.*allowfrom/,
    },
    {
      what: 'an account of another server',
      reply: json(401, 'forbidden'),
      account: { server_url: 'https://old.example/' },
      code: 'acme-dns-forbidden',
      says: /registered at https:\/\/old\.example, which is another server/,
    },
    {
      what: 'a bad value',
      reply: json(400, 'bad_txt'),
      account: {},
      code: 'acme-dns-refused',
      says: /refused the answer for example\.org \(status 400 "bad_txt"\)/,
    },
    {
      what: 'a failing database',
      reply: json(500, 'db_error'),
      account: {},
      code: 'acme-dns-failed',
      says: /failed at \/update for example\.org \(status 500 "db_error"\)/,
      retry: 'backoff',
    },
    {
      what: 'a busy server',
      reply: { status: 429, headers: { 'retry-after': '120' } },
      account: {},
      code: 'acme-dns-busy',
      says: /busy/,
      retry: 'after',
    },
    {
      what: 'a proxy without its server',
      reply: { status: 502, body: '<html>Bad Gateway' },
      account: {},
      code: 'acme-dns-failed',
      says: /status 502/,
      retry: 'backoff',
    },
    {
      what: 'a web page with 200',
      reply: { status: 200, body: '<!doctype html>' },
      account: {},
      code: 'acme-dns-foreign',
      says: /answered \/update with a web page \(status 200\)/,
    },
    {
      what: 'no such path',
      reply: { status: 404, body: '404 page not found' },
      account: {},
      code: 'acme-dns-foreign',
      says: /has no \/update/,
    },
    {
      what: 'a redirect',
      reply: { status: 301, headers: { location: 'https://elsewhere.example/update' } },
      account: {},
      code: 'acme-dns-redirected',
      says: /redirects to https:\/\/elsewhere\.example\/update/,
    },
    {
      what: 'registration disabled',
      reply: { status: 404, body: '404 page not found' },
      code: 'acme-dns-registration-disabled',
      says: /example\.org has no account yet.*by hand, or enable registration/,
    },
    {
      what: 'registration for the known only',
      reply: { status: 401 },
      code: 'acme-dns-registration-disabled',
      says: /asks for credentials.*https:\/\/user:password@host/,
    },
    {
      what: 'a bad allow list',
      reply: json(400, 'invalid_allowfrom_cidr'),
      code: 'acme-dns-refused',
      says: /did not register example\.org \(status 400 "invalid_allowfrom_cidr"\)/,
    },
    {
      what: 'a page for a registration',
      reply: { status: 200, body: ' <html>' },
      code: 'acme-dns-foreign',
      says: /answered \/register with a web page/,
    },
    {
      what: 'a registration without its fields',
      reply: { status: 201, body: `{"password":"${PASSWORD}"}` },
      code: 'acme-dns-foreign',
      says: /JSON without the fields of an account/,
    },
    {
      what: 'an endless answer',
      reply: { status: 201, body: 'x'.repeat(70_000) },
      code: 'acme-dns-unreachable',
      says: /longer than 65536 bytes/,
      retry: 'backoff',
    },
    {
      what: 'a name that is none',
      reply: { status: 201, body: JSON.stringify({ ...ACCOUNT, fulldomain: 'a b' }) },
      code: 'account-file-invalid',
      says: /fulldomain/,
    },
  ];
  for (const { what, reply, account, code, says, retry = 'never' } of cases) {
    test(what, async (t) => {
      const { url } = await start(t, () => reply);
      const { presenter } = await present(t, { server: url, ...(account === undefined ? {} : { account }) });
      const run =
        account === undefined ? presenter.delegationTarget(DOMAIN, signal()) : presenter.present(answer, signal());
      const error = await failure(run);
      assert.equal(error.code, code, error.message);
      assert.match(error.message, says);
      assert.equal(error.retry.kind, retry);
    });
  }

  test('nobody listens', async (t) => {
    const { url, port } = await start(t, () => registered);
    const closed = createTcpServer();
    const free = await listen(t, closed);
    closed.close();
    await once(closed, 'close');
    assert.notEqual(free, port);
    const { presenter } = await present(t, { server: url.replace(String(port), String(free)) });
    const error = await failure(presenter.delegationTarget(DOMAIN, signal()));
    assert.equal(error.code, 'acme-dns-unreachable');
    assert.match(error.message, /refused, so nothing listens there/);
    assert.equal(error.retry.kind, 'backoff');
  });

  test('it never answers', async (t) => {
    const { url } = await start(t, () => 'nothing');
    const { presenter } = await present(t, { server: url, timeout: 100 });
    assert.match((await failure(presenter.delegationTarget(DOMAIN, signal()))).message, /no answer within 0\.1 s/);
  });

  test('an abort ends a call with its reason', async (t) => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const { url } = await start(t, () => {
      stop.abort(reason);
      return 'nothing';
    });
    const { presenter } = await present(t, { server: url });
    await assert.rejects(presenter.delegationTarget(DOMAIN, stop.signal), reason);
  });
});

test('after an update that was cut off, both answers are sent again, so that neither is missing', async (t) => {
  const sent: string[] = [];
  let cut = true;
  const { url } = await start(t, ({ body }) => {
    sent.push((JSON.parse(body) as { txt: string }).txt.charAt(0));
    // The second answer is written, and its reply lost.
    if (sent.length === 2 && cut) {
      cut = false;
      return 'nothing';
    }
    return { status: 200 };
  });
  const { presenter } = await present(t, { server: url, account: {}, timeout: 300 });
  const both = ['a', 'b'].map((letter) => ({ name: answer[0]?.name ?? DOMAIN, value: letter.repeat(43) }));
  assert.equal((await failure(presenter.present(both, signal()))).code, 'acme-dns-unreachable');
  await presenter.present(both, signal());
  assert.deepEqual(sent, ['a', 'b', 'a', 'b']);
});

test('the server may stand behind a proxy', { timeout: 20_000 }, async (t) => {
  const { port, seen } = await start(t, () => ({ status: 201, body: JSON.stringify(ACCOUNT) }));
  const proxy = await connectProxy(t, port);
  const folder = mkdtempSync(join(tmpdir(), 'evercert-presenter-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const presenter = createRemotePresenter({
    server: 'http://acme-dns.test',
    accounts: openAccountFile(join(folder, 'accounts.json')),
    proxyFor: (url) => (url.hostname === 'acme-dns.test' ? `http://127.0.0.1:${proxy.port}` : undefined),
  });
  t.after(() => presenter.close());
  assert.equal(await presenter.delegationTarget(DOMAIN, signal()), ACCOUNT.fulldomain);
  assert.deepEqual(proxy.asked, ['http://acme-dns.test/register -']);
  assert.equal(seen.length, 1);
});
