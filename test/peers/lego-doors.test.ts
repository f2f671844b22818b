import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createAccountKeeper } from '../../src/app/account-keeper.ts';
import { basic } from '../../src/http/testing/api-under-test.ts';
import { keptPassword } from '../../src/http/user-passwords.ts';
import { startAcmeDnsServer } from './acmedns-server.ts';
import { CHALLENGE_ZONE, DOMAIN, startChain } from './chain.ts';
import type { Chain } from './chain.ts';
import { startEvercert, writeConfig } from './evercert.ts';
import { freePort } from './free-port.ts';
import { peer, peers } from './require-peer.ts';
import { runProgram } from './run-program.ts';
import { tempFolder } from './temp-folder.ts';

// lego through the other doors of the API: its HTTP storage of accounts, a registration that wants a token, and its provider httpreq.

const skip = peers('lego-acmedns', 'pebble', 'nsd', 'unbound');
const TOKEN = 'b6d4a1f0c2e84d7796aa';
const PAIR = [DOMAIN, `*.${DOMAIN}`];
/** lego waits for about six seconds for each name: one is enough where two show no more. */
const ONE = [DOMAIN];

interface Account {
  readonly username: string;
  readonly password: string;
  readonly fulldomain: string;
}

describe('lego', { skip, timeout: 120_000 }, () => {
  let chain: Chain;
  before(async () => {
    chain = await startChain();
  });
  after(() => chain.stop());

  /** `evercert serve` whose registration wants a token, with a storage for alice. */
  async function serve(t: TestContext): Promise<{ at: string; data: string }> {
    const { path: folder } = tempFolder('doors');
    const files = { tokens: TOKEN, users: 'alice:s3cret' };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    const apiPort = await freePort();
    const at = `127.0.0.1:${apiPort}`;
    const server = await startEvercert(['serve', '--config', writeConfig(chain, { folder, apiPort })], {
      env: {
        EVERCERT_API_REGISTRATION: 'restricted',
        EVERCERT_API_REGISTRATION_TOKENS: join(folder, 'tokens'),
        EVERCERT_API_STORAGE_USERS: join(folder, 'users'),
      },
      ready: async () =>
        (await fetch(`http://${at}/health`)).ok && (await ours().resolveSoa(CHALLENGE_ZONE)) !== undefined,
    });
    t.after(() => server.process.stop());
    return { at, data: join(folder, 'data') };
  }

  function ours(): Resolver {
    const resolver = new Resolver({ timeout: 1000, tries: 3 });
    resolver.setServers([chain.at.ourDns]);
    return resolver;
  }

  async function lego(
    names: readonly string[],
    ...flags: readonly string[]
  ): Promise<{ error?: string; certificate?: string }> {
    const common = [
      `-server=${chain.pebble.directoryUrl}`,
      `-ca-root=${chain.pebble.rootFile}`,
      `-resolver=${chain.at.resolver}`,
    ];
    const run = await runProgram({ command: peer('lego-acmedns').path, args: [...common, ...flags, names.join(',')] });
    const line = run.stdout.trimEnd().split('\n').at(-1) ?? '';
    assert.match(line, /^\{/, run.output);
    return (JSON.parse(line) as { certificates: [{ error?: string; certificate?: string }] }).certificates[0];
  }

  function assertIssued(
    { error, certificate = '' }: { error?: string; certificate?: string },
    names: readonly string[],
  ) {
    assert.equal(error, undefined);
    const issued = new X509Certificate(certificate).subjectAltName?.split(', ').toSorted();
    assert.deepEqual(issued, names.map((name) => `DNS:${name}`).toSorted());
  }

  test('HTTP storage: registers with a token in its base URL, stops for the CNAME, and goes on with what was kept', async (t) => {
    const { at, data } = await serve(t);
    const storage = `-storage-url=http://alice:s3cret@${at}/storage`;
    assert.match((await lego(ONE, `-acme-dns=http://${at}`, storage)).error ?? '', /401.*registration_unauthorized/s);
    assert.match((await lego(ONE, `-acme-dns=http://${at}/t/wrong`, storage)).error ?? '', /registration_unauthorized/);
    const stranger = `-storage-url=http://alice:wrong@${at}/storage`;
    assert.match((await lego(ONE, `-acme-dns=http://${at}/t/${TOKEN}`, stranger)).error ?? '', /401/);

    const base = `-acme-dns=http://${at}/t/${TOKEN}`;
    const first = await lego(ONE, base, storage);
    assert.match(first.error ?? '', /new account created.*_acme-challenge\.example\.org\.? CNAME/s);
    const file = join(data, 'client-accounts', 'alice.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Account>;
    const { fulldomain = '' } = kept[DOMAIN] ?? {};
    await chain.addCnames([[`_acme-challenge.${DOMAIN}`, fulldomain]]);
    assertIssued(await lego(ONE, base, storage), ONE);
    // An old token, or none, stops nobody who is registered.
    assertIssued(await lego(ONE, `-acme-dns=http://${at}`, storage), ONE);

    const headers = basic('alice', 's3cret');
    const post = (domain: string) =>
      fetch(`http://${at}/storage/${domain}`, { method: 'POST', headers, body: JSON.stringify(kept[DOMAIN]) });
    assert.equal((await post(DOMAIN)).status, 201, 'the CNAME leads there');
    assert.equal((await post(`www.${DOMAIN}`)).status, 200, 'and for this one it does not');
  });

  test('HTTP storage: told that the CNAME is made already, it goes on at once', async (t) => {
    const { path: folder } = tempFolder('doors');
    const server = await startAcmeDnsServer({
      dnsPort: chain.dnsPort,
      api: {
        storage: {
          users: new Map([['alice', keptPassword('s3cret')]]),
          keeper: createAccountKeeper(folder),
          async isDelegated(domain, target) {
            await chain.addCnames([[`_acme-challenge.${domain}`, target]]);
            return true;
          },
        },
      },
    });
    t.after(() => server.stop());
    const at = `127.0.0.1:${server.apiPort}`;
    assertIssued(await lego(ONE, `-acme-dns=http://${at}`, `-storage-url=http://alice:s3cret@${at}/storage`), ONE);
  });

  for (const [mode, names] of [
    ['default', PAIR],
    ['RAW', ONE],
  ] as const) {
    test(`httpreq in mode ${mode}: the values are there for the CA, and taken away after`, async (t) => {
      const { at } = await serve(t);
      const registered = await fetch(`http://${at}/t/${TOKEN}/register`, { method: 'POST' });
      const { username, password, fulldomain } = (await registered.json()) as Account;
      await chain.addCnames([[`_acme-challenge.${DOMAIN}`, fulldomain]]);
      const wrong = await lego(names, `-httpreq=http://${username}:${'a'.repeat(40)}@${at}`, `-httpreq-mode=${mode}`);
      assert.match(wrong.error ?? '', /401.*forbidden/s);
      assertIssued(await lego(names, `-httpreq=http://${username}:${password}@${at}`, `-httpreq-mode=${mode}`), names);
      await assert.rejects(ours().resolveTxt(fulldomain), { code: 'ENODATA' });
    });
  }
});
