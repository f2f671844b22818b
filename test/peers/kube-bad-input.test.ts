import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { conditionOf } from '../../src/kube/conditions.ts';
import { issuerResource } from '../../src/kube/schema/issuer.ts';
import { certificateYaml, issuerYaml, startKubeAcmeWorld } from './kube-acme-world.ts';
import type { KubeAcmeWorld } from './kube-acme-world.ts';
import { kubeClusterSkip } from './kube-cluster.ts';
import { waitForObject } from './kube-controller.ts';
import { peers } from './require-peer.ts';

const skip = kubeClusterSkip() || peers('pebble', 'nsd', 'unbound', 'openssl');
const LIMIT = { timeout: 60_000 };
const HMAC = Buffer.from('hidden-hmac-of-the-ca-0123456789').toString('base64url');
/** Stand in Secrets only, and must be nowhere else. */
const HIDDEN = ['hidden-in-a-key', 'hidden-in-accounts', 'hidden-password-of-an-account', HMAC];

/** Whatever is wrong is in the condition, in one sentence, and the controller goes on. */
describe('bad input in a cluster', { skip, timeout: 170_000 }, () => {
  let world: KubeAcmeWorld;
  let pages: Server;
  let gateway: Server;
  before(async () => {
    [pages, gateway] = await Promise.all([startPages(), startBadGateway()]);
    world = await startKubeAcmeWorld({ flags: ['--log-level=debug'] });
    await world.apply(SECRETS.map((secret) => JSON.stringify(secret)).join('\n---\n'));
    await world.apply(issuerYaml(world.chain));
  });
  after(async () => {
    for (const server of [pages, gateway]) {
      server?.closeAllConnections();
      server?.close();
    }
    await world?.stop();
  });

  const acme = (server: string, more: object = {}) => ({
    acme: { server, privateKeySecretRef: { name: 'new-account' }, solvers: [{ dns01: { acmeDNS: {} } }], ...more },
  });
  const eab = { externalAccountBinding: { keyID: 'kid', keySecretRef: { name: 'hmac', key: 'key' } } };
  const issuers: [name: string, spec: () => object, reason: string, message: RegExp][] = [
    [
      'page',
      () => acme(`${urlOf(pages)}/dir`),
      'ErrRegisterACMEAccount',
      /is not the directory of an ACME CA: it answers with text\/html/,
    ],
    ['gateway', () => acme(`${urlOf(gateway)}/dir`, eab), 'ErrRegisterACMEAccount', /HTTP 502 \("Bad gateway"\)/],
    [
      'no-key',
      () => acme('https://127.0.0.1:1/dir', { privateKeySecretRef: { name: 'wrong' } }),
      'ErrVerifyACMEAccount',
      /the private key cannot be read; it must be an RSA or EC key in PEM/,
    ],
    [
      'no-hmac',
      () =>
        acme('https://127.0.0.1:1/dir', {
          externalAccountBinding: { keyID: 'k', keySecretRef: { name: 'wrong', key: 'none' } },
        }),
      'ErrRegisterACMEAccount',
      /external account's secret "wrong": it has no key "none"/,
    ],
    [
      'bad-hmac',
      () =>
        acme(`${urlOf(gateway)}/dir`, {
          externalAccountBinding: { keyID: 'k', keySecretRef: { name: 'bad-hmac', key: 'key' } },
        }),
      'ErrRegisterACMEAccount',
      /external account/,
    ],
    ['no-pair', () => ({ ca: { secretName: 'none' } }), 'ErrGetKeyPair', /secrets "none" not found/],
    [
      'bad-pair',
      () => ({ ca: { secretName: 'wrong' } }),
      'ErrInvalidKeyPair',
      /the certificate chain cannot be read: there is no "-----BEGIN CERTIFICATE-----" in it/,
    ],
    ['leaf', () => ({ ca: { secretName: 'leaf-tls' } }), 'ErrInvalidKeyPair', /\bCA\b/],
    [
      'vault',
      () => ({
        vault: {
          server: 'https://vault.example.org',
          path: 'pki',
          auth: { tokenSecretRef: { name: 'wrong', key: 'tls.key' } },
        },
      }),
      'UnsupportedIssuer',
      /type vault are not supported/,
    ],
    [
      'venafi',
      () => ({ venafi: { zone: 'a', cloud: { apiTokenSecretRef: { name: 'wrong', key: 'tls.key' } } } }),
      'UnsupportedIssuer',
      /type venafi are not supported/,
    ],
  ];
  for (const [name, spec, reason, message] of issuers) {
    test(`issuer ${name}: ${reason}, and its Certificate says it too`, LIMIT, async () => {
      if (name === 'leaf') {
        await world.apply(
          json('Issuer', 'self', { selfSigned: {} }) + certificateYaml('leaf', ['leaf.example.org'], 'self', 'Issuer'),
        );
        await world.untilReady('leaf');
      }
      await world.apply(
        json('Issuer', name, spec()) + certificateYaml(`on-${name}`, ['a.example.org'], name, 'Issuer'),
      );
      const issuer = await waitForObject(
        world.cluster.client,
        issuerResource,
        { namespace: 'default', name },
        (found) => conditionOf(found?.status?.conditions, 'Ready')?.reason === reason,
      );
      assert.match(conditionOf(issuer?.status?.conditions, 'Ready')?.message ?? '', message);
      await world.untilSaid(`on-${name}`, message);
    });
  }

  const remote = (secret: string) =>
    issuerYaml(world.chain, {
      name: `remote-${secret}`,
      kind: 'Issuer',
      solver: `acmeDNS: { host: "${urlOf(pages)}", accountSecretRef: { name: ${secret}, key: acmedns.json } }`,
    });
  const certificates: [what: string, name: string, prepare: () => Promise<void>, yaml: () => string, said: RegExp][] = [
    [
      'an issuer that does not exist',
      'orphan',
      async () => {},
      () => certificateYaml('orphan', ['a.example.org'], 'none', 'Issuer'),
      /issuer\.cert-manager\.io "none" not found/,
    ],
    [
      'a CNAME to nowhere',
      'nowhere',
      () => world.chain.addCnames([['_acme-challenge.nowhere.example.org', 'nowhere.invalid']]),
      () => certificateYaml('nowhere', ['nowhere.example.org']),
      /leads to a name that does not exist: .* replace it at your DNS provider by: {2}_acme-challenge\.nowhere\.example\.org\. {2}CNAME/,
    ],
    [
      'accounts that are not JSON',
      'no-json',
      async () => {},
      () => remote('bad-accounts') + certificateYaml('no-json', ['a.example.org'], 'remote-bad-accounts', 'Issuer'),
      /the key "acmedns\.json" of the Secret default\/bad-accounts is not JSON/,
    ],
    [
      'an acme-dns server that is a web page',
      'page-dns',
      async () => {},
      () => remote('new-accounts') + certificateYaml('page-dns', ['a.example.org'], 'remote-new-accounts', 'Issuer'),
      /answered \/register with a web page/,
    ],
    [
      'an account there, and a web page in place of /update',
      'page-update',
      () => world.chain.addCnames([['_acme-challenge.account.example.org', ACCOUNT.fulldomain]]),
      () => remote('accounts') + certificateYaml('page-update', ['account.example.org'], 'remote-accounts', 'Issuer'),
      /answered \/update with a web page/,
    ],
    [
      'a Secret that cannot be written',
      'fixed',
      async () => {},
      () => json('Issuer', 'self', { selfSigned: {} }) + certificateYaml('fixed', ['a.example.org'], 'self', 'Issuer'),
      /fixed-tls.*field is immutable when `immutable` is set/,
    ],
    [
      'a name that is none',
      'idn',
      async () => {},
      () => certificateYaml('idn', ['bücher.example.org']),
      /write an international domain name as xn--/,
    ],
    [
      'an IP address, for ACME',
      'address',
      async () => {},
      () => certificateYaml('address', []).replace('dnsNames: []', 'ipAddresses: [192.0.2.1]'),
      /192\.0\.2\.1 cannot be shown to be yours by DNS-01/,
    ],
    [
      'a common name that is no name of it, for ACME',
      'common',
      async () => {},
      () =>
        certificateYaml('common', ['a.example.org']).replace(
          '  secretName',
          '  commonName: other.example.org\n  secretName',
        ),
      /"other\.example\.org" does not exist in \[a\.example\.org\]/,
    ],
  ];
  for (const [what, name, prepare, yaml, said] of certificates) {
    test(what, LIMIT, async () => {
      await prepare();
      await world.apply(yaml());
      const message = await world.untilSaid(name, said);
      assert.doesNotMatch(message, /\n/, 'one sentence');
    });
  }

  test('a Certificate without a name is not taken', LIMIT, async () => {
    await assert.rejects(world.apply(certificateYaml('nameless', [])), /has no name: set at least one of dnsNames/);
  });

  test('after all of that it goes on, has not made much noise, and has told no secret', LIMIT, async () => {
    await world.delegate(['good.example.org']);
    await world.apply(certificateYaml('good', ['good.example.org', '*.good.example.org']));
    await world.untilReady('good');
    const log = world.controller().output();
    const noise = log.split('\n').filter((line) => /"level":"(warn|error)"/.test(line));
    assert.ok(noise.length < 40, noise.join('\n'));
    const { port } = (
      JSON.parse(log.split('\n').find((line) => line.includes('"message":"starting"')) ?? '{}') as {
        metrics: { port: number };
      }
    ).metrics;
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(10_000) });
    const kinds = 'events,issuers,clusterissuers,certificates,certificaterequests,orders,challenges';
    const told = [log, await metrics.text(), await world.cluster.kubectl(['get', kinds, '-A', '-o', 'yaml'])].join(
      '\n',
    );
    const { items } = JSON.parse(await world.cluster.kubectl(['get', 'secrets', '-A', '-o', 'json'])) as {
      items: { metadata: { name: string }; data?: Record<string, string> }[];
    };
    const keys = items.flatMap(({ data }) => keyLines(Buffer.from(data?.['tls.key'] ?? '', 'base64').toString()));
    assert.ok(keys.length > 50, 'there are keys to look for');
    const found = [...HIDDEN, ...keys].filter((text) => told.includes(text));
    assert.deepEqual(found, []);
  });
});

const ACCOUNT = {
  fulldomain: 'd420c923-bbd7-4056-ab64-c3ca54c9b3cf.auth.example.net',
  subdomain: 'd420c923-bbd7-4056-ab64-c3ca54c9b3cf',
  username: 'c36f50e8-4632-44f0-83fe-e070fef28a10',
  password: 'hidden-password-of-an-account',
};

const SECRETS = [
  secretObject('wrong', { 'tls.crt': 'hello', 'tls.key': 'hidden-in-a-key' }),
  secretObject('hmac', { key: HMAC }),
  secretObject('bad-hmac', { key: 'hidden-in-a-key ?!' }),
  secretObject('bad-accounts', { 'acmedns.json': '{"a.example.org": hidden-in-accounts' }),
  secretObject('accounts', { 'acmedns.json': JSON.stringify({ 'account.example.org': ACCOUNT }) }),
  { ...secretObject('fixed-tls', { 'tls.crt': '', 'tls.key': '' }), type: 'kubernetes.io/tls', immutable: true },
];

function secretObject(name: string, stringData: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' }, stringData };
}

function json(kind: string, name: string, spec: object): string {
  return `${JSON.stringify({ apiVersion: 'cert-manager.io/v1', kind, metadata: { name, namespace: 'default' }, spec })}\n---\n`;
}

/** The lines of a PEM key that are the key. */
function keyLines(pem: string): readonly string[] {
  return /PRIVATE KEY/.test(pem) ? pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----')) : [];
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Whatever is asked, a web page is the answer. */
async function startPages(): Promise<Server> {
  return listen(
    createServer((request, response) => {
      request.resume();
      response.setHeader('content-type', 'text/html').end('<html><body><h1>It works!</h1></body></html>');
    }),
  );
}

/** A CA behind a proxy that does not reach it. */
async function startBadGateway(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/dir') {
      const at = (path: string) => `${urlOf(server)}/${path}`;
      const directory = { newNonce: at('nonce'), newAccount: at('account'), newOrder: at('order') };
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ ...directory, revokeCert: at('revoke'), keyChange: at('key') }));
      return;
    }
    response.statusCode = request.url === '/nonce' ? 200 : 502;
    response.setHeader('replay-nonce', 'bm9uY2U').setHeader('content-type', 'text/html');
    response.end('<html><h1>Bad gateway</h1></html>');
  });
  return listen(server);
}

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
