import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { type AcmeDnsServer, startAcmeDnsServer } from './acmedns-server.ts';
import { startNsd } from './nsd.ts';
import { startPebble } from './pebble.ts';
import { peer, peers } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';
import { startUnbound } from './unbound.ts';

const run = promisify(execFile);

interface Account {
  readonly username: string;
  readonly password: string;
  readonly fulldomain: string;
  readonly subdomain: string;
  readonly allowfrom?: readonly string[];
}

let server: AcmeDnsServer;
before(async () => {
  server = await startAcmeDnsServer();
});
after(() => server.stop());

const served = (account: Account) => server.names.get(parseDomainName(account.fulldomain));
let digests = 0;
/** 43 characters of base64url, never the same twice. */
const digest = () => `${(digests += 1)}`.padStart(43, 'A_-z');

const curl = async (...args: readonly string[]) =>
  (await run(peer('curl').path, ['--silent', '--show-error', ...args])).stdout;
const url = (path: string) => `http://127.0.0.1:${server.apiPort}${path}`;

describe('curl', { skip: peer('curl').skip }, () => {
  test('as acme.sh uses it: an answer of one line that sed can take apart, a value that grep finds', async () => {
    const line = await curl('-L', '-X', 'POST', '-H', '', '--data', '', url('/register'));
    const field = (name: string) => new RegExp(`^{.*"${name}":[ ]*"([^"]*)".*}$`).exec(line)?.[1] ?? '';
    const account = { fulldomain: field('fulldomain'), subdomain: field('subdomain') } as Account;
    const txt = digest();
    const data = `{"subdomain":"${account.subdomain}", "txt": "${txt}"}`;
    const credentials = ['-H', `X-Api-User: ${field('username')}`, '-H', `X-Api-Key: ${field('password')}`];
    const reply = await curl('-L', '-X', 'POST', ...credentials, '-H', '', '--data', data, url('/update'));
    assert.ok(reply.includes(`"${txt}"`), reply);
    assert.deepEqual(served(account), [txt]);
  });

  test('behind the PROXY protocol, as curl speaks it', async () => {
    const http = { trustedProxies: ['127.0.0.1/32'], proxyProtocol: true };
    const behind = await startAcmeDnsServer({ http });
    try {
      const register = ['-X', 'POST', `http://127.0.0.1:${behind.apiPort}/register`];
      assert.match(await curl('--haproxy-protocol', ...register), /^\{"username":/);
      await assert.rejects(curl(...register), /Empty reply|reset by peer/);
    } finally {
      await behind.stop();
    }
  });

  test('without a body, with --data-binary in chunks, and with a path that is redirected upstream', async () => {
    assert.match(await curl('-X', 'POST', url('/register')), /^\{"username":/);
    const chunked = ['-H', 'Transfer-Encoding: chunked', '--data-binary', 'null'];
    assert.match(await curl(...chunked, url('/register/')), /"allowfrom":\[\]\}$/);
    assert.equal(await curl('-o', '/dev/null', '-w', '%{http_code}', url('/health')), '200');
  });
});

test(
  'lego 5 registers, asks for the CNAME, and gets its certificate once that is there',
  {
    skip: peers('lego-acmedns', 'pebble', 'nsd', 'unbound'),
    timeout: 120_000,
  },
  async () => {
    const folder = tempFolder('lego');
    const nsd = await startNsd({ zones: { 'example.org': '' } });
    const stubs = { 'example.org': `127.0.0.1@${nsd.port}`, [server.origin]: `127.0.0.1@${server.dnsPort}` };
    const unbound = await startUnbound({ stubs });
    const resolver = `${unbound.address}:${unbound.port}`;
    const pebble = await startPebble({ dnsServer: resolver });
    try {
      const storage = join(folder.path, 'accounts.json');
      const lego = async (names: string) => {
        const options = { 'ca-root': pebble.rootFile, server: pebble.directoryUrl, resolver, storage };
        const flags = Object.entries(options).flatMap(([name, value]) => [`-${name}`, value]);
        const api = ['-acme-dns', `http://127.0.0.1:${server.apiPort}/`];
        // Its exit code says whether it worked; what it wrote says why.
        const done = await run(peer('lego-acmedns').path, [...flags, ...api, names]).catch(
          (error: unknown) => error as { stdout: string; stderr: string },
        );
        const answer = done.stdout.split('\n').findLast((line) => line.startsWith('{')) ?? done.stderr;
        return JSON.parse(answer) as { certificates: { error?: string; certificate?: string }[] };
      };
      const first = await lego('example.org');
      assert.match(first.certificates[0]?.error ?? '', /_acme-challenge\.example\.org\.? CNAME/);
      assert.equal(statSync(storage).mode & 0o777, 0o600);
      const account = (JSON.parse(readFileSync(storage, 'utf8')) as Record<string, Account>)['example.org'];
      assert.ok(account);

      await nsd.replaceZone('example.org', `_acme-challenge CNAME ${account.fulldomain}.`);
      const second = await lego('example.org,*.example.org');
      assert.equal(second.certificates[0]?.error, undefined);
      const { subjectAltName } = new X509Certificate(second.certificates[0]?.certificate ?? '');
      assert.deepEqual(subjectAltName?.split(', ').toSorted(), ['DNS:*.example.org', 'DNS:example.org']);
      assert.equal(served(account)?.length, 2);
    } finally {
      await Promise.all([pebble.stop(), unbound.stop(), nsd.stop()]);
      folder.remove();
    }
  },
);
