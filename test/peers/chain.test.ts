import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { registerAcmeDnsAccounts } from './acme-dns-accounts.ts';
import { runCertbot } from './certbot.ts';
import { CHALLENGE_ZONE, DOMAIN, startChain } from './chain.ts';
import type { Chain, ChainOptions } from './chain.ts';
import { startEvercert, writeConfig } from './evercert.ts';
import type { ConfigOptions } from './evercert.ts';
import { freePort } from './free-port.ts';
import { assertChain, assertDelivered, evercert, eventOf, eventsOf, issue, startObeyed } from './issue.ts';
import { runLego } from './lego.ts';
import { peers } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

// Our program as a process of its own, Pebble (strict) as the CA, NSD or Knot for the user's zone, unbound as the CA's resolver.

const skip = peers('pebble', 'nsd', 'knotd', 'unbound', 'openssl');
const PAIR = [DOMAIN, `*.${DOMAIN}`];
const HUNDRED = Array.from({ length: 100 }, (_, index) => `n${index}.${DOMAIN}`);
const EXTERNAL = { keyId: 'kid-1', hmacKey: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };
/** Most of the time is spent waiting, by programs of others and by ours for a CNAME. */
const concurrency = 3;

async function chainWith(t: TestContext, options: ChainOptions = {}): Promise<Chain> {
  const chain = await startChain(options);
  t.after(() => chain.stop());
  return chain;
}

function configFor(chain: Chain, more: Omit<ConfigOptions, 'folder'> = {}): { config: string; folder: string } {
  const folder = tempFolder('chain').path;
  return { config: writeConfig(chain, { folder, ...more }), folder };
}

/** A resolver that asks our DNS server. */
function oursOf(chain: Chain): Resolver {
  const resolver = new Resolver({ timeout: 1000, tries: 3 });
  resolver.setServers([chain.at.ourDns]);
  return resolver;
}

/** `evercert serve` with an API; resolves when both answer. */
async function serve(t: TestContext, chain: Chain): Promise<{ api: string; folder: string }> {
  const apiPort = await freePort();
  const { config, folder } = configFor(chain, { apiPort });
  const api = `http://127.0.0.1:${apiPort}`;
  const server = await startEvercert(['serve', '--config', config], {
    ready: async () =>
      (await fetch(`${api}/health`)).ok && (await oursOf(chain).resolveSoa(CHALLENGE_ZONE)) !== undefined,
  });
  t.after(() => server.process.stop());
  return { api, folder };
}

describe('a certificate from Pebble', { skip, concurrency }, () => {
  const cases: readonly {
    what: string;
    names: readonly string[];
    chain?: ChainOptions;
    config?: Omit<ConfigOptions, 'folder'>;
  }[] = [
    { what: 'apex and wildcard, the zone at NSD', names: PAIR },
    { what: 'apex and wildcard, the zone at Knot', names: PAIR, chain: { userServer: 'knot' } },
    { what: '100 names', names: HUNDRED },
    {
      what: 'with an external account',
      names: PAIR,
      chain: { pebble: { externalAccounts: { [EXTERNAL.keyId]: EXTERNAL.hmacKey } } },
      config: { externalAccount: EXTERNAL },
    },
    {
      what: 'half of all nonces rejected',
      names: PAIR,
      chain: { pebble: { env: { PEBBLE_WFE_NONCEREJECT: '50' } } },
    },
    { what: 'Retry-After of seconds', names: PAIR, chain: { pebble: { retryAfter: { authz: 1, order: 1 } } } },
    { what: 'answers through three DNS worker threads', names: PAIR, config: { workers: 3 } },
  ];
  for (const { what, names, chain: options = {}, config: more = {} } of cases) {
    test(what, async (t) => {
      const chain = await chainWith(t, options);
      const { config } = configFor(chain, more);
      const outcome = await issue(chain, config, names);
      assert.deepEqual(chain.pebble.counts(), { orders: 1, certificates: 1, accounts: 1 });
      const domains = new Set(names.map((name) => name.replace(/^\*\./, '')));
      assert.equal(eventsOf(outcome, 'delegation.needed').length, domains.size);
      assert.equal(eventsOf(outcome, 'challenge.removed').length, eventsOf(outcome, 'challenge.presented').length);
    });
  }

  test('an external account is needed and none is configured: a sentence that says so, and no order', async (t) => {
    const chain = await chainWith(t, { pebble: { externalAccounts: { [EXTERNAL.keyId]: EXTERNAL.hmacKey } } });
    const { config } = configFor(chain);
    const outcome = await (await startObeyed(chain, ['issue', ...PAIR, '--config', config])).ended;
    assert.equal(outcome.code, 1, outcome.output);
    assert.match(outcome.output, /external account/i);
    assert.deepEqual(chain.pebble.counts(), { orders: 0, certificates: 0, accounts: 0 });
  });

  test('a name the CA will not issue for: its reason, and exit code 1', async (t) => {
    const blocked = `no.${DOMAIN}`;
    const chain = await chainWith(t, { pebble: { blockedNames: [blocked] } });
    const { config } = configFor(chain);
    const outcome = await (await startObeyed(chain, ['issue', blocked, '--config', config])).ended;
    assert.equal(outcome.code, 1, outcome.output);
    assert.match(outcome.output, /no\.example\.org/);
    assert.match(String(eventOf(outcome, 'issuance.failed')['code']), /rejected/i);
  });

  test('valid authorizations are used again: the second order has no challenge', async (t) => {
    const chain = await chainWith(t, { pebble: { env: { PEBBLE_AUTHZREUSE: '100' } } });
    const { config } = configFor(chain);
    const first = await issue(chain, config, PAIR);
    assert.ok(eventsOf(first, 'challenge.presented').length > 0);
    const second = await issue(chain, config, PAIR, '--force');
    assert.equal(eventsOf(second, 'challenge.presented').length, 0);
    assert.equal(chain.pebble.counts().certificates, 2);
  });

  test('an alternate chain, by the name of its root', async (t) => {
    const chain = await chainWith(t, { pebble: { env: { PEBBLE_ALTERNATE_ROOTS: '2', PEBBLE_CHAIN_LENGTH: '2' } } });
    const root = await chain.pebble.issuingRoot(2);
    const preferredChain = /CN=(.*)/.exec(new X509Certificate(root).subject)?.[1] ?? '';
    const { config } = configFor(chain, { preferredChain });
    const outcome = await (await startObeyed(chain, ['issue', ...PAIR, '--config', config])).ended;
    assert.equal(outcome.code, 0, outcome.output);
    assertDelivered(outcome, { names: PAIR, root });
  });

  for (const keyType of ['P-384', 'RSA-2048']) {
    test(`a key of type ${keyType}`, async (t) => {
      const chain = await chainWith(t);
      await issue(chain, configFor(chain).config, PAIR, '--key-type', keyType);
    });
  }
});

describe('the life of a certificate', { skip, concurrency }, () => {
  test('a second run does nothing, a forced one replaces it, and revocation ends it', async (t) => {
    const chain = await chainWith(t);
    const { config, folder } = configFor(chain);
    const first = await issue(chain, config, PAIR);
    const again = await evercert('issue', ...PAIR, '--config', config);
    assert.equal(again.code, 0, again.output);
    const nothingDue = await evercert('renew', '--config', config);
    assert.equal(nothingDue.code, 0, nothingDue.output);
    assert.equal(chain.pebble.counts().orders, 1);

    const renewed = await evercert('renew', '--force', '--config', config, '-o', 'json');
    assert.equal(renewed.code, 0, renewed.output);
    assertDelivered(renewed, { names: PAIR, root: await chain.pebble.issuingRoot() });
    const serial = String(eventOf(renewed, 'certificate.issued')['serial']);
    assert.notEqual(serial, eventOf(first, 'certificate.issued')['serial']);
    assert.equal(eventsOf(renewed, 'delegation.needed').length, 0, 'the CNAME of the first time is good for ever');
    assert.match(chain.pebble.output(), /is a replacement of/, 'the CA was told which one it replaces (RFC 9773)');
    assert.equal(chain.pebble.counts().orders, 2);

    const revoked = await evercert('revoke', DOMAIN, '--reason', 'superseded', '--config', config);
    assert.equal(revoked.code, 0, revoked.output);
    assert.match(await chain.pebble.certificateStatus(serial), /"Status":\s*"Revoked".*"Reason":\s*4/s);
    assert.ok(statSync(join(folder, 'data')).isDirectory());
  });

  test('renewed when it is time', async (t) => {
    const profiles = { brief: { description: 'seconds', validityPeriod: 12 } };
    const chain = await chainWith(t, { pebble: { profiles } });
    const { config } = configFor(chain);
    const first = await issue(chain, config, PAIR, '--profile', 'brief');
    const planned = eventsOf(first, 'renewal.planned');
    assert.equal(planned.length, 1, 'told once, as the CA suggests it');
    const due = Number(planned[0]?.['at']);
    const left = due - Date.now();
    assert.ok(left > 0 && left < 12_000, `renewal is planned in ${left} ms`);
    // Not a guess but the time that was announced.
    await delay(left);
    const second = await evercert('renew', '--config', config, '-o', 'json');
    assert.equal(second.code, 0, second.output);
    assertDelivered(second, { names: PAIR, root: await chain.pebble.issuingRoot() });
    assert.equal(chain.pebble.counts().certificates, 2);
  });
});

describe('a CNAME that is not there yet', { skip, concurrency }, () => {
  const cases: readonly { what: string; records: string; says: RegExp }[] = [
    { what: 'missing', records: '', says: /has no CNAME in the zone/ },
    { what: 'leads elsewhere', records: '_acme-challenge CNAME www', says: /leads elsewhere|does not exist/ },
    {
      what: 'a TXT record in its place',
      records: '_acme-challenge TXT "old"',
      says: /nothing may stand beside a CNAME/,
    },
    {
      what: 'name doubled by the provider',
      records: `_acme-challenge.${DOMAIN} CNAME TARGET.`,
      says: /the provider appends example\.org to the name/,
    },
    {
      what: 'target without its dot',
      records: '_acme-challenge CNAME TARGET',
      says: /the dot at its end was missing/,
    },
  ];
  for (const { what, records, says } of cases) {
    test(`${what}: says what to add, makes no order, ends with 3`, async (t) => {
      const chain = await chainWith(t);
      const { config } = configFor(chain);
      const asked = await evercert('issue', ...PAIR, '--no-wait', '--config', config, '-o', 'json');
      const target = String(eventOf(asked, 'delegation.needed')['target']);
      await chain.userZones.replaceZone(DOMAIN, records.replace('TARGET', target));
      const outcome = await evercert('issue', ...PAIR, '--no-wait', '--config', config, '-o', 'json');
      assert.equal(outcome.code, 3, outcome.output);
      const { message, target: same } = eventOf(outcome, 'delegation.needed');
      assert.equal(same, target, 'the name to point to stays the same');
      assert.match(String(message), says);
      assert.ok(String(message).includes(`_acme-challenge.${DOMAIN}.  CNAME  ${target}.`), String(message));
      assert.deepEqual(chain.pebble.counts(), { orders: 0, certificates: 0, accounts: 0 });
    });
  }

  test('late: nothing is ordered before, and it goes on by itself when the record appears', async (t) => {
    const chain = await chainWith(t, { records: '_acme-challenge CNAME www' });
    const { config } = configFor(chain);
    const run = await startEvercert(['issue', ...PAIR, '--config', config, '-o', 'json']);
    const { name, target } = await run.waitFor('delegation.needed');
    assert.equal(chain.pebble.counts().orders, 0);
    await chain.userZones.replaceZone(DOMAIN, `${String(name)}. CNAME ${String(target)}.`);
    const outcome = await run.ended;
    assert.equal(outcome.code, 0, outcome.output);
    assertDelivered(outcome, { names: PAIR, root: await chain.pebble.issuingRoot() });
    assert.equal(chain.pebble.counts().orders, 1);
  });
});

describe('our server as the acme-dns server of others', { skip, concurrency }, () => {
  test('a second evercert registers by itself, and keeps the account in the file that clients share', async (t) => {
    const chain = await chainWith(t);
    const { api } = await serve(t, chain);
    const { config, folder } = configFor(chain, { acmeDns: api });
    await issue(chain, config, PAIR);
    const file = join(folder, 'accounts.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const account = (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>)[DOMAIN];
    const members = ['fulldomain', 'password', 'server_url', 'subdomain', 'username'];
    assert.deepEqual(Object.keys(account ?? {}).toSorted(), members);
    const again = await evercert('renew', '--force', '--config', config, '-o', 'json');
    assert.equal(again.code, 0, again.output);
    assert.equal(chain.pebble.counts().certificates, 2);
  });

  test('lego gets its certificate through it', { skip: peers('lego-acmedns') }, async (t) => {
    const chain = await chainWith(t);
    const { api, folder } = await serve(t, chain);
    const accounts = join(folder, 'lego.json');
    const targets = await registerAcmeDnsAccounts(api, [DOMAIN], accounts);
    await chain.addCnames([[`_acme-challenge.${DOMAIN}`, targets.get(DOMAIN) ?? '']]);
    const answer = await runLego({ pebble: chain.pebble, acmeDns: api, accounts, resolver: chain.at.resolver }, [PAIR]);
    assertChain(answer.certificates[0]?.certificate ?? '', { names: PAIR, root: await chain.pebble.issuingRoot() });
  });

  test('certbot gets its certificate through it', { skip: peers('certbot') }, async (t) => {
    const chain = await chainWith(t);
    const { api, folder } = await serve(t, chain);
    const accounts = join(folder, 'certbot.json');
    const targets = await registerAcmeDnsAccounts(api, [DOMAIN], accounts);
    await chain.addCnames([[`_acme-challenge.${DOMAIN}`, targets.get(DOMAIN) ?? '']]);
    const options = { pebble: chain.pebble, acmeDns: api, accounts, resolver: chain.at.resolver };
    const { certificate } = await runCertbot({ ...options, propagationSeconds: 0 }, PAIR);
    assertChain(certificate, { names: PAIR, root: await chain.pebble.issuingRoot() });
  });
});
