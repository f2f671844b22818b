import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { RegisteredAccount } from './client-replays.ts';
import { createAccountKeeper } from '../../src/app/account-keeper.ts';
import { digestOf } from '../../src/http/secret-digest.ts';
import { errorCodes } from '../../src/http/shapes.ts';
import { newApi } from '../../src/http/testing/api-under-test.ts';
import { keptPassword, type KeptPassword } from '../../src/http/user-passwords.ts';
import { type AcmeDnsServer, startAcmeDnsServer } from './acmedns-server.ts';
import { peer } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

const run = promisify(execFile);
const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
/** The label that the examples are for. */
const LABEL = 'd420c923-bbd7-4056-ab64-c3ca54c9b3cf';
const TOKEN = 'b6d4a1f0c2e84d7796aa';

/** Each block of shell under the heading that it stands below; what is for lego is not run here. */
const blocks = page.split(/^## /m).flatMap((section) => {
  const [title = ''] = section.split('\n', 1);
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .map(([, text = '']) => text.replaceAll(/^[A-Z_]+=.*$\n/gm, ''))
    .filter((text) => text.includes('curl'))
    .map((text, index) => ({ title: `${title}, block ${index + 1}`, text }));
});

describe('the curl commands of docs/api.md do what the page says', { skip: peer('curl').skip }, () => {
  const users = new Map<string, KeptPassword>();
  let open: AcmeDnsServer;
  let restricted: AcmeDnsServer;
  before(async () => {
    const keeper = createAccountKeeper(tempFolder('api-docs').path);
    const storage = { users, keeper, isDelegated: async () => false };
    open = await startAcmeDnsServer({ api: { storage } });
    const registration = { kind: 'restricted', networks: [], tokens: [digestOf(TOKEN)], users } as const;
    restricted = await startAcmeDnsServer({ api: { registration } });
  });
  after(() => Promise.all([open?.stop(), restricted?.stop()]));

  test('there are some', () => assert.ok(blocks.length >= 8, String(blocks.length)));

  for (const { title, text } of blocks) {
    test(title, { timeout: 20_000 }, async () => {
      const server = `http://127.0.0.1:${open.apiPort}`;
      const registered = await fetch(`${server}/register`, { method: 'POST' });
      const account = (await registered.json()) as RegisteredAccount;
      users.set('alice', keptPassword(account.password));
      const headers = { authorization: `Basic ${btoa(`alice:${account.password}`)}` };
      await fetch(`${server}/storage/example.org`, { method: 'POST', headers, body: JSON.stringify(account) });
      const env = {
        PATH: process.env['PATH'] ?? '',
        API: text.includes('TOKEN') ? `http://127.0.0.1:${restricted.apiPort}` : server,
        USERNAME: account.username,
        PASSWORD: account.password,
        TOKEN,
      };
      const script = `set -eu\ncurl() { command curl --silent --show-error --fail-with-body "$@"; echo; }\n${text}`;
      const { stdout } = await run('bash', ['-c', script.replaceAll(LABEL, account.subdomain)], { env });
      for (const line of stdout.trim().split('\n')) assert.doesNotThrow(() => JSON.parse(line) as unknown, line);
    });
  }
});

test('docs/api.md has every call and every error', async () => {
  const keeper = createAccountKeeper(tempFolder('api-docs').path);
  const { ask } = newApi({ storage: { users: new Map(), keeper, isDelegated: async () => false } });
  const { paths } = JSON.parse((await ask('GET', '/openapi.json')).body) as { paths: Record<string, object> };
  for (const path of Object.keys(paths)) assert.ok(page.includes(path.replace('{domain}', 'DOMAIN')), path);
  for (const code of Object.keys(errorCodes)) assert.ok(page.includes(`\`${code}\``), code);
});
