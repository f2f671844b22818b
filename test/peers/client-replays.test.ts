import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { type AcmeDnsServer, startAcmeDnsServer } from './acmedns-server.ts';
import { clientReplays, type HttpReply, type RegisteredAccount, type WireRequest } from './client-replays.ts';

let server: AcmeDnsServer;
before(async () => {
  server = await startAcmeDnsServer();
});
after(() => server.stop());

const served = ({ fulldomain }: RegisteredAccount) => server.names.get(parseDomainName(fulldomain));
let digests = 0;
/** 43 characters of base64url, never the same twice. */
const digest = () => `${(digests += 1)}`.padStart(43, 'A_-z');

/** The bytes as they are, and the one answer to them, read as its length says: clients keep the connection open. */
async function exchange(pieces: WireRequest): Promise<HttpReply> {
  const socket = connect({ port: server.apiPort, host: '127.0.0.1', noDelay: true });
  try {
    await once(socket, 'connect');
    for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
    let reply = '';
    for await (const chunk of socket.setEncoding('latin1') as AsyncIterable<string>) {
      reply += chunk;
      const [head = '', body = ''] = reply.split(/\r\n\r\n(.*)/s, 2);
      const length = /^content-length: (\d+)$/im.exec(head)?.[1];
      if (length !== undefined && body.length >= Number(length)) {
        assert.equal(body.length, Number(length));
        assert.match(head, /^content-type: application\/json$/im);
        return { status: Number(head.split(' ')[1]), body };
      }
    }
    throw new Error(`the connection was closed in the answer:\n${reply}`);
  } finally {
    socket.destroy();
  }
}

const anAccount = async (): Promise<RegisteredAccount> =>
  JSON.parse((await exchange(['POST /register HTTP/1.1\r\nHost: x\r\n\r\n'])).body) as RegisteredAccount;

describe('the requests of clients, byte for byte, and what they make of the answer', () => {
  for (const { client, register, registered, update, updated } of clientReplays) {
    test(client, { timeout: 20_000 }, async () => {
      const account = register === undefined ? await anAccount() : registered?.(await exchange(register));
      assert.ok(account !== undefined, 'the client takes the registration for a failure');
      assert.deepEqual(served(account), []);
      const values = [digest(), digest()];
      for (const txt of values) {
        const reply = await exchange(update(account, txt));
        assert.deepEqual(reply, { status: 200, body: `{"txt": "${txt}"}` });
        assert.ok(updated(reply, txt), 'the client takes the update for a failure');
      }
      assert.deepEqual(served(account)?.toSorted(), values.toSorted());

      const refused = await exchange(update({ ...account, password: 'a'.repeat(40) }, digest()));
      assert.deepEqual(refused, { status: 401, body: '{"error": "forbidden"}' });
      assert.ok(!updated(refused, digest()), 'the client takes a refusal for a success');
      const short = await exchange(update(account, 'short'));
      assert.deepEqual(short, { status: 400, body: '{"error": "bad_txt"}' });
      assert.deepEqual(served(account)?.toSorted(), values.toSorted());
    });
  }
});

test('acme.sh takes the answers apart with its own sed and grep', async () => {
  const register = clientReplays.find(({ client }) => client === 'acme.sh')?.register ?? [];
  const { body } = await exchange(register);
  const sed = (field: string) => {
    const script = `s/^{.*\\"${field}\\":[ ]*\\"\\([^\\"]*\\)\\".*}/\\1/p`;
    return execFileSync('sed', ['-n', script], { input: `${body}\n`, encoding: 'utf8' }).trimEnd();
  };
  const account = JSON.parse(body) as RegisteredAccount;
  for (const field of ['username', 'password', 'fulldomain', 'subdomain'] as const) {
    assert.equal(sed(field), account[field]);
  }
  const txt = digest();
  const update = clientReplays.find(({ client }) => client === 'acme.sh')?.update(account, txt) ?? [];
  const reply = await exchange(update);
  const found = execFileSync('grep', [`"${txt}"`], { input: `${reply.body}\n`, encoding: 'utf8' });
  assert.equal(found, `${reply.body}\n`);
});

test('acme-dns-client-2 cleans, changes and deregisters as it is ready to', async () => {
  const account = await anAccount();
  const python = (path: string, body: object): WireRequest => {
    const text = JSON.stringify(body).replaceAll('":', '": ').replaceAll(',"', ', "');
    const head = [
      `POST /${path} HTTP/1.1`,
      'Host: auth.example.net',
      'User-Agent: python-requests/2.32.5',
      'Accept-Encoding: gzip, deflate',
      'Accept: */*',
      'Connection: keep-alive',
      'Content-Type: application/json; charset=utf8',
      `X-Api-User: ${account.username}`,
      `X-Api-Key: ${account.password}`,
      `Content-Length: ${text.length}`,
    ];
    return [`${head.join('\r\n')}\r\n\r\n`, text];
  };
  const { subdomain } = account;
  const txt = digest();
  assert.equal((await exchange(python('update', { subdomain, txt }))).status, 200);
  assert.equal((await exchange(python('clean', { subdomain, txt }))).status, 200);
  assert.deepEqual(served(account), []);
  const changed = await exchange(python('change', { subdomain, allowfrom: ['127.0.0.0/8'] }));
  assert.equal(changed.status, 200);
  // It takes these four out, and keeps the rest.
  const { fulldomain, subdomain: label, username, password, ...rest } = JSON.parse(changed.body) as RegisteredAccount;
  assert.deepEqual(
    { fulldomain, subdomain: label, username, password },
    {
      fulldomain: account.fulldomain,
      subdomain,
      username: account.username,
      password: account.password,
    },
  );
  assert.deepEqual(rest, { allowfrom: ['127.0.0.0/8'] });
  assert.equal((await exchange(python('deregister', { subdomain }))).status, 200);
  assert.equal(served(account), undefined);
  assert.equal((await exchange(python('deregister', { subdomain }))).status, 401);
});
