import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAcmeDnsServer } from './acmedns-server.ts';
import { DOMAIN, startChain } from './chain.ts';
import type { Chain } from './chain.ts';
import { peer, peers } from './require-peer.ts';
import { runProgram } from './run-program.ts';
import type { ProgramRun } from './run-program.ts';
import { tempFolder } from './temp-folder.ts';

/** It asks the resolver of the machine, on port 53: Python is told of another one before it starts. */
const resolverOf = ({ resolver }: Chain) => `
import dns.resolver
dns.resolver.default_resolver = dns.resolver.Resolver(configure=False)
dns.resolver.default_resolver.nameservers = ['${resolver.address}']
dns.resolver.default_resolver.port = ${resolver.port}
`;

/** Pebble's name in CAA records. */
const CAA_IDENTITY = 'pebble.letsencrypt.org';

test(
  'certbot with certbot-acme-dns registers by itself, and gets its certificate once CNAME and CAA are there',
  { skip: peers('certbot-acme-dns', 'pebble', 'nsd', 'unbound'), timeout: 120_000 },
  async (t) => {
    const chain = await startChain();
    t.after(() => chain.stop());
    const server = await startAcmeDnsServer({ dnsPort: chain.dnsPort });
    t.after(() => server.stop());
    const { path: folder } = tempFolder('certbot-acme-dns');
    writeFileSync(join(folder, 'sitecustomize.py'), resolverOf(chain));

    const certbot = (command: string, ...args: readonly string[]): Promise<ProgramRun> =>
      runProgram({
        command: peer('certbot-acme-dns').path,
        args: [
          command,
          '--non-interactive',
          '--agree-tos',
          `--server=${chain.pebble.directoryUrl}`,
          ...['config', 'work', 'logs'].map((kind) => `--${kind}-dir=${join(folder, kind)}`),
          ...args,
        ],
        env: { REQUESTS_CA_BUNDLE: chain.pebble.rootFile, PYTHONPATH: folder },
      });
    const certonly = () =>
      certbot(
        'certonly',
        '--cert-name=peer',
        '--authenticator=acme-dns',
        `--acme-dns-server=http://127.0.0.1:${server.apiPort}/`,
        '--acme-dns-is-trusted',
        '--acme-dns-propagation-seconds=0',
        `--domain=${DOMAIN}`,
        `--domain=*.${DOMAIN}`,
      );

    const registered = await certbot('register', '--register-unsafely-without-email');
    assert.equal(registered.code, 0, registered.output);
    const first = await certonly();
    assert.notEqual(first.code, 0, first.output);
    const kept = readFileSync(join(folder, 'config', '.pluginstorage.json'), 'utf8');
    const [account] = (JSON.parse(kept) as { 'acme-dns': { accounts: { fulldomain: string }[] } })['acme-dns'].accounts;
    assert.ok(account !== undefined, kept);

    const [regr = ''] = globSync('config/accounts/*/*/*/regr.json', { cwd: folder });
    const { uri } = JSON.parse(readFileSync(join(folder, regr), 'utf8')) as { uri: string };
    const records = [
      `${DOMAIN}. CAA 0 issue "${CAA_IDENTITY}; accounturi=${uri}"`,
      `_acme-challenge.${DOMAIN}. CNAME ${account.fulldomain}.`,
    ];
    await chain.userZones.replaceZone(DOMAIN, records.join('\n'));
    const second = await certonly();
    assert.equal(second.code, 0, second.output);
    const certificate = readFileSync(join(folder, 'config', 'live', 'peer', 'fullchain.pem'), 'utf8');
    assert.match(new X509Certificate(certificate).subjectAltName ?? '', /DNS:\*\.example\.org/);
  },
);
