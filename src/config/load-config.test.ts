import assert from 'node:assert/strict';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { DomainError, DomainErrors } from '../core/error.ts';
import type { LoadedConfig } from './config.ts';
import { defaultConfig, loadConfig } from './load-config.ts';
import type { RecordHead } from './acme-dns-records.ts';
import type { LoadConfigOptions } from './load-config.ts';

const file = 'evercert.toml';
const ROOT = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

const users = { tokens: '# web\n0123456789abcdef\n', users: 'alice:secret\n' };

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evercert-config-'));
  const files = {
    'root.pem': ROOT,
    'eab.key': 'zWND+M8H_0ag==\n',
    password: 'p@ss:wörd\n',
    empty: '',
    'not.pem': 'x',
    ...users,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content, { mode: 0o600 });
});

/** Loads a text as if it were a file in `folder`. */
function load(text: string, more: Partial<LoadConfigOptions> = {}): Promise<LoadedConfig> {
  return loadConfig({ file: join(folder, file), text, environment: {}, ...more });
}

/** Every fault, with the folder of the test left out. */
async function faults(text: string, more: Partial<LoadConfigOptions> = {}): Promise<string[]> {
  const error = await load(text, more).then(
    () => assert.fail('this configuration was taken'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof DomainErrors, String(error));
  for (const one of error.errors) assert.equal(one.code, 'invalid-config');
  return error.errors.map(({ message }) => message.replaceAll(`${folder}/`, ''));
}

describe('a good configuration', () => {
  test('nothing said: the defaults', async () => {
    const { config, secrets, warnings } = await defaultConfig();
    assert.equal(config.data, '/var/lib/evercert');
    assert.equal(config.zone, undefined);
    assert.equal(config.acme.directory, 'https://acme-v02.api.letsencrypt.org/directory');
    assert.equal(config.acme.keyType, 'P-256');
    assert.deepEqual(config.api.listeners, [{ address: '127.0.0.1', port: 8080 }]);
    assert.equal(config.dns.listeners.length, 4);
    assert.equal(config.dns01.wait, 24 * 3_600_000);
    assert.deepEqual(config.certificates, []);
    assert.deepEqual(secrets, {
      externalAccountHmacKey: undefined,
      acmeDnsServer: undefined,
      databaseUrl: undefined,
      registrationTokens: [],
      registrationUsers: new Map(),
      storageUsers: undefined,
    });
    assert.deepEqual(warnings, []);
  });

  test('HTTPS of the API: by ACME, or files', async () => {
    const acme = await load(
      '[zone]\nname = "auth.example.net"\n[api]\ntls = "acme"\n[acme]\ncontact = ["a@example.org"]',
    );
    assert.deepEqual(acme.config.api.tls, {
      kind: 'acme',
      directory: 'https://acme-v02.api.letsencrypt.org/directory',
      contact: ['mailto:a@example.org'],
      name: 'auth.example.net',
      before: undefined,
    });
    await writeFile(join(folder, 'tls.key'), '-----BEGIN PRIVATE KEY-----\n', { mode: 0o600 });
    const files = await load('[api]\ntls_cert = "root.pem"\ntls_key = "tls.key"');
    assert.deepEqual(files.config.api.tls, {
      kind: 'files',
      certificateFile: join(folder, 'root.pem'),
      keyFile: join(folder, 'tls.key'),
    });
  });

  test('everything said', async () => {
    const { config, secrets, warnings } = await load(`
      data = "data"
      [zone]
      name = "Auth.Example.NET."
      nameserver = "ns1.auth.example.net"
      mailbox = "hostmaster@example.net"
      records = ["ns1.auth.example.net. A 192.0.2.1"]
      negative_ttl = 5
      [dns]
      listen = ["udp:127.0.0.1:5353", "[::1]:5353"]
      workers = 2
      foreign_zone = "nxdomain"
      max_tcp_connections = 10
      tcp_idle = "1m"
      [api]
      listen = []
      registration = "restricted"
      registration_networks = ["192.0.2.0/24", "2001:db8::7"]
      registration_tokens = "tokens"
      registration_users = "users"
      registrations_per_hour = 10
      failures_per_minute = 0
      cors_origins = ["https://example.net"]
      trusted_proxies = ["127.0.0.1"]
      source_header = "X-Real-IP"
      proxy_protocol = true
      max_connections = 100
      max_connections_per_address = 5
      storage_users = "users"
      status_listen = [":9953"]
      [acme]
      directory = "zerossl"
      root = "root.pem"
      contact = ["admin@example.org", "mailto:b@example.org"]
      key_type = "RSA-2048"
      profile = "tlsserver"
      preferred_chain = "ISRG Root X2"
      [acme.external_account]
      key_id = "kid-1"
      hmac_key_file = "eab.key"
      [dns01]
      resolvers = ["192.0.2.53", "[2001:db8::1]:5300"]
      routes = { "Example.org" = ["127.0.0.1:5301"] }
      wait = "0s"
      [dns01.acme_dns]
      server = "https://auth.example.com/base/"
      root = "root.pem"
      username = "us er"
      password_file = "password"
      allow_from = ["192.0.2.7", "2001:db8::/32"]
      [[certificate]]
      names = ["Example.org", "*.example.org", "example.org"]
      after = "true"
      [[certificate]]
      id = "second"
      names = ["example.org"]
      key_type = "P-384"
      profile = "shortlived"
      output = "out"
      [log]
      level = "debug"
      format = "json"
      file = "evercert.log"`);
    assert.deepEqual(config, {
      data: join(folder, 'data'),
      zone: {
        name: 'auth.example.net',
        nameserver: 'ns1.auth.example.net',
        mailbox: 'hostmaster.example.net',
        records: ['ns1.auth.example.net. A 192.0.2.1'],
        negativeTtl: 5,
      },
      otherZones: [],
      database: undefined,
      acmeDnsDatabase: undefined,
      dns: {
        listeners: [
          { address: '127.0.0.1', port: 5353, transport: 'udp' },
          { address: '::1', port: 5353, transport: 'udp' },
          { address: '::1', port: 5353, transport: 'tcp' },
        ],
        workers: 2,
        foreignZone: 'nxdomain',
        foreignRate: 1000,
        maxTcpConnections: 10,
        tcpIdle: 60_000,
      },
      api: {
        listeners: [],
        registration: 'restricted',
        registrationNetworks: ['192.0.2.0/24', '2001:db8::7/128'],
        registrationsPerHour: 10,
        failuresPerMinute: 0,
        corsOrigins: ['https://example.net'],
        tls: undefined,
        trustedProxies: ['127.0.0.1/32'],
        proxyProtocol: true,
        maxConnections: 100,
        maxConnectionsPerAddress: 5,
        sourceHeader: 'X-Real-IP',
        statusListeners: [{ address: '::', port: 9953 }],
      },
      acme: {
        directory: 'https://acme.zerossl.com/v2/DV90',
        trust: ROOT,
        contact: ['mailto:admin@example.org', 'mailto:b@example.org'],
        keyType: 'RSA-2048',
        profile: 'tlsserver',
        preferredChain: 'ISRG Root X2',
        externalAccount: { keyId: 'kid-1', algorithm: 'HS256' },
      },
      dns01: {
        resolvers: [
          { address: '192.0.2.53', port: 53 },
          { address: '2001:db8::1', port: 5300 },
        ],
        routes: new Map([['example.org', [{ address: '127.0.0.1', port: 5301 }]]]),
        wait: 0,
        acmeDns: {
          server: 'https://auth.example.com/base',
          accounts: join(folder, 'data/acme-dns-accounts.json'),
          trust: ROOT,
          allowFrom: ['192.0.2.7/32', '2001:db8::/32'],
        },
      },
      certificates: [
        {
          id: undefined,
          names: ['example.org', '*.example.org'],
          keyType: 'RSA-2048',
          profile: 'tlsserver',
          output: undefined,
          after: 'true',
        },
        {
          id: 'second',
          names: ['example.org'],
          keyType: 'P-384',
          profile: 'shortlived',
          output: join(folder, 'out'),
          after: undefined,
        },
      ],
      log: { level: 'debug', format: 'json', file: join(folder, 'evercert.log') },
    });
    assert.equal(secrets.externalAccountHmacKey?.reveal(), 'zWND-M8H_0ag');
    assert.equal(secrets.acmeDnsServer?.reveal(), 'https://us%20er:p%40ss%3Aw%C3%B6rd@auth.example.com/base/');
    assert.deepEqual(warnings, []);
  });

  test('it is frozen at every depth, and so are its maps', async () => {
    const { config } = await load('[zone]\nname = "a.b"\n[dns01]\nroutes = { "b.c" = ["127.0.0.1:5"] }');
    const seen: unknown[] = [config];
    for (const value of seen) {
      if (typeof value !== 'object' || value === null) continue;
      assert.ok(Object.isFrozen(value), inspect(value));
      seen.push(...(value instanceof Map ? value.values() : Object.values(value)));
    }
    assert.ok(seen.length > 30);
    assert.throws(() => (config.dns01.routes as Map<unknown, unknown>).set('x', []), TypeError);
    assert.throws(() => (config.dns01.routes as Map<unknown, unknown>).clear(), TypeError);
    assert.equal(config.dns01.routes.size, 1);
  });

  test('secrets do not print, whatever prints them', async () => {
    const { secrets, config } = await load(
      '[zone]\nname = "a.b"\n[dns01.acme_dns]\nserver = "https://user:hunter2@auth.example.com"\n[acme.external_account]\nkey_id = "k"',
      { environment: { EVERCERT_ACME_EXTERNAL_ACCOUNT_HMAC_KEY: 'aHVudGVyMg' } },
    );
    assert.equal(secrets.acmeDnsServer?.reveal(), 'https://user:hunter2@auth.example.com/');
    assert.equal(config.dns01.acmeDns?.server, 'https://auth.example.com');
    for (const text of [
      JSON.stringify(secrets),
      inspect(secrets, { depth: 9, showHidden: true }),
      String(secrets.acmeDnsServer) + String(secrets.externalAccountHmacKey),
      JSON.stringify(config),
    ]) {
      assert.doesNotMatch(text, /hunter2|aHVudGVyMg/);
    }
  });

  test('the password of the database: in the URL, in a file, or in a variable; never in the Config', async () => {
    const at = 'postgres://evercert@db.example.net:5433/main?sslmode=verify-full';
    const withPassword = (password: string) =>
      `postgres://evercert:${password}@db.example.net:5433/main?sslmode=verify-full&uselibpqcompat=true`;
    const cases: [string, Record<string, string>, string][] = [
      [at.replace('@', ':hunter2@'), {}, withPassword('hunter2')],
      [`${at}"\npassword_file = "password`, {}, withPassword('p%40ss%3Aw%C3%B6rd')],
      [at, { EVERCERT_DATABASE_PASSWORD: 'hunter3' }, withPassword('hunter3')],
    ];
    for (const [url, environment, expected] of cases) {
      const { config, secrets, warnings } = await load(`[database]\nurl = "${url}"`, { environment });
      assert.equal(secrets.databaseUrl?.reveal(), expected);
      assert.equal(config.database?.url, at);
      assert.deepEqual(warnings, []);
      for (const text of [JSON.stringify({ config, secrets }), inspect(secrets, { depth: 9 })])
        assert.doesNotMatch(text, /hunter|p%40ss/);
    }
  });

  test('a database on this machine needs no TLS; elsewhere somebody has to say so', async () => {
    const warn = async (url: string) => (await load(`[database]\nurl = "${url}"`)).warnings.length;
    assert.equal(await warn('postgres://evercert@/evercert'), 0);
    assert.equal(await warn('postgres://127.0.0.1/evercert'), 0);
    assert.equal(await warn('postgresql://evercert@%2Frun%2Fpostgresql/evercert'), 0);
    assert.equal(await warn('postgres://evercert@localhost/evercert?host=/run/postgresql'), 0);
    assert.equal(await warn('postgres://evercert@db.example.net/evercert?sslmode=disable'), 0);
    assert.equal(await warn('postgres://evercert@db.example.net/evercert'), 1);
  });

  test('the command line wins over the environment, and that over the file', async () => {
    const text = 'data = "/file"\n[dns]\nworkers = 1\nlisten = ["127.0.0.1:1"]\n[log]\nlevel = "warn"';
    const environment = { EVERCERT_DATA: '/environment', EVERCERT_DNS_WORKERS: '2' };
    const { config } = await load(text, { environment, overrides: { data: '/flag', log: { format: undefined } } });
    assert.equal(config.data, '/flag');
    assert.equal(config.dns.workers, 2);
    assert.deepEqual(config.log, { level: 'warn', format: 'auto', file: undefined });
    assert.equal(config.dns.listeners[0]?.port, 1);
  });

  test('every kind of value can come from the environment; names of others are let be', async () => {
    const { config } = await load('', {
      environment: {
        EVERCERT_ZONE_NAME: 'auth.example.net',
        EVERCERT_ZONE_RECORDS: 'auth.example.net. A 192.0.2.1\nauth.example.net. TXT "a, b"\n',
        EVERCERT_DNS_LISTEN: '127.0.0.1:1, udp:127.0.0.1:2',
        EVERCERT_API_PROXY_PROTOCOL: 'true',
        EVERCERT_API_TRUSTED_PROXIES: '10.0.0.0/8,::1',
        EVERCERT_DNS01_ROUTES: 'a.b=127.0.0.1:5,a.b=127.0.0.1:6,c.d=[::1]:7',
        EVERCERT_DNS01_ACME_DNS_SERVER: 'https://auth.example.com',
        EVERCERT_SERVICE_HOST: '10.0.0.1',
        EVERCERT_PORT: 'tcp://10.0.0.1:80',
        EVERCERT_PORT_53_UDP: 'udp://10.0.0.1:53',
        EVERCERT_DEBUG: '1',
        EVERCERT_CERTIFICATE: 'example.org',
        EVERCERT_NAMES: 'example.org',
        EVERCERT_FOLDER: '/x',
        OTHER: 'x',
      },
    });
    assert.deepEqual(config.zone?.records, ['auth.example.net. A 192.0.2.1', 'auth.example.net. TXT "a, b"']);
    assert.deepEqual(
      config.dns.listeners.map(({ port, transport }) => `${transport} ${port}`),
      ['udp 1', 'tcp 1', 'udp 2'],
    );
    assert.deepEqual([...config.dns01.routes.keys()], ['a.b', 'c.d']);
    assert.equal(config.dns01.routes.get('a.b' as never)?.length, 2);
    assert.equal(config.dns01.acmeDns?.server, 'https://auth.example.com');
    assert.equal(config.api.proxyProtocol, true);
    assert.deepEqual(config.api.trustedProxies, ['10.0.0.0/8', '::1/128']);
  });

  test('routes of the command line replace those of the file for their zones', async () => {
    const text = '[dns01.routes]\n"a.b" = ["127.0.0.1:1"]\n"c.d" = ["127.0.0.1:2"]';
    const { config } = await load(text, { overrides: { dns01: { routes: ['a.b=127.0.0.1:9'] } } });
    assert.equal(config.dns01.routes.get('a.b' as never)?.[0]?.port, 9);
    assert.equal(config.dns01.routes.get('c.d' as never)?.[0]?.port, 2);
  });

  const warned: [what: string, text: string, warning: RegExp][] = [
    ['a name server without address', '[zone]\nname = "a.b"', /no address for the name server a\.b/],
    [
      'a header that anybody can write',
      '[api]\nlisten = ["0.0.0.0:80"]\nsource_header = "X-Forwarded-For"',
      /api\.source_header is believed from whoever connects.*write the addresses of the proxies as api\.trusted_proxies/,
    ],
    [
      'a CA that wants an external account',
      '[acme]\ndirectory = "google"',
      /Google Trust Services registers accounts only with an external account/,
    ],
  ];
  for (const [what, text, warning] of warned) {
    test(`a warning: ${what}`, async () => assert.match((await load(text)).warnings.join('\n'), warning));
  }

  const addressed = [
    'a.b. A 192.0.2.1',
    'a.b. 60 IN AAAA ::1',
    '@ A 192.0.2.1',
    'a.b A 192.0.2.1',
    'A.B. IN A 192.0.2.1',
  ];
  for (const line of addressed) {
    test(`no warning: ${line}`, async () =>
      assert.deepEqual((await load(`[zone]\nname = "a.b"\nrecords = ["${line}"]`)).warnings, []));
  }

  test('a warning: a secret that others may read', async () => {
    await writeFile(join(folder, 'open.key'), 'aaaa');
    await chmod(join(folder, 'open.key'), 0o644);
    const { warnings } = await load('[acme.external_account]\nkey_id = "k"\nhmac_key_file = "open.key"');
    assert.match(warnings.join('\n'), /open\.key .* can be read by other users; run: chmod 600/);
  });
});

function readRecord(line: string): RecordHead {
  if (line === 'bad') throw new DomainError('invalid-record', '"bad" is no record');
  return { name: 'auth.example.net', type: 'A' };
}

describe('a bad configuration', () => {
  const zone = '[zone]\nname = "auth.example.net"\n';
  const rows: [text: string, ...faults: string[]][] = [
    [
      'data = 5',
      'line 1: data must be a text in quotes, but is a number; write for example data = "/var/lib/evercert"',
    ],
    ['data = ""', 'line 1: data cannot be used: it is empty; write something, or leave the key out'],
    ['\n[zone]', 'line 2: zone.name is missing; write for example name = "auth.example.net"'],
    [
      '[zone]\nname = "*.x"',
      'line 2: zone.name cannot be used: "*.x" is not a usable domain name: the label "*" has a character or a hyphen at an end that is not allowed there',
    ],
    [
      `[zone]\nname = "${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}"`,
      'line 2: zone.name has 243 characters, which leaves no room for names below it; choose one of at most 216',
    ],
    [
      `${zone}mailbox = "a.b@example.net"`,
      'line 3: zone.mailbox cannot be used: "a.b@example.net" cannot stand in a SOA; write an address such as "hostmaster@example.net", without a dot before the @',
    ],
    [`${zone}negative_ttl = -1`, 'line 3: zone.negative_ttl cannot be used: -1 is not a whole number from 0 to 86400'],
    [
      `${zone}records = [\n"a",\n 5 ]`,
      'line 3: zone.records[1] must be a text in quotes, but is a number; write for example records = ["auth.example.net. NS auth.example.net.", "auth.example.net. A 192.0.2.1"]',
    ],
    [
      'zone = 1',
      'line 1: zone must be a table, but is a number; write [zone] on a line of its own, and the keys below it',
    ],
    [
      '[dns]\nlisten = "0.0.0.0:53"',
      'line 2: dns.listen must be a list in square brackets, but is a text in quotes; write for example listen = ["0.0.0.0:53", "[::]:53"]',
    ],
    [
      '[dns]\nlisten = ["0.0.0.0"]',
      'line 2: dns.listen[0] cannot be used: "0.0.0.0" is not an address with a port: the port is missing, or the brackets around an IPv6 address; write it as in "192.0.2.1:53" or "[2001:db8::1]:53"',
    ],
    [
      '[dns]\nlisten = ["::1:53"]',
      'line 2: dns.listen[0] cannot be used: "::1:53" is not an address with a port: the port is missing, or the brackets around an IPv6 address; write it as in "192.0.2.1:53" or "[2001:db8::1]:53"',
    ],
    [
      '[dns]\nlisten = ["localhost:53"]',
      'line 2: dns.listen[0] cannot be used: "localhost:53" is not an address with a port: "localhost" is not an IP address, and names are not looked up here; write it as in "192.0.2.1:53" or "[2001:db8::1]:53"',
    ],
    [
      '[dns]\nlisten = [":70000"]',
      'line 2: dns.listen[0] cannot be used: ":70000" is not an address with a port: the port is a number from 0 to 65535; write it as in "192.0.2.1:53" or "[2001:db8::1]:53"',
    ],
    [
      '[dns]\nworkers = "two"',
      'line 2: dns.workers must be a number, but is a text in quotes; write for example workers = 1',
    ],
    ['[dns]\nworkers = 1.5', 'line 2: dns.workers cannot be used: 1.5 is not a whole number from 0 to 256'],
    [
      '[dns]\nforeign_zone = "refuse"',
      'line 2: dns.foreign_zone cannot be used: "refuse" is not possible here; did you mean "refused"?',
    ],
    [
      '[dns]\ntcp_idle = "5"',
      'line 2: dns.tcp_idle cannot be used: "5" is not a duration; write for example 90d, 12h, 1h30m or 500ms',
    ],
    ['[dns]\ntcp_idle = "0s"', 'line 2: dns.tcp_idle must be longer than 0s'],
    [
      '[dns]\nlisten = ["127.0.0.1:5353", "tcp:127.0.0.1:5353"]',
      'line 2: dns.listen has TCP 127.0.0.1:5353 twice; choose another port for one of them',
    ],
    [
      '[api]\nlisten = ["127.0.0.1:80"]\nstatus_listen = ["127.0.0.1:80"]',
      'line 3: api.listen and api.status_listen both want TCP 127.0.0.1:80; choose another port for one of them',
    ],
    [
      '[api]\ntls_key = "not.pem"',
      'line 2: api.tls_key names not.pem, and there is no private key in PEM form in it; name another file',
      'line 2: api.tls_key is there and api.tls_cert is not; write both for HTTPS, or neither',
    ],
    [
      '[api]\ntls = "acme"',
      'line 2: api.tls = "acme" gets a certificate for the name of the zone, and there is no [zone]; add it, or give tls_cert and tls_key',
    ],
    [
      '[api]\nregistration = "restricted"',
      'line 2: api.registration is "restricted", and nothing says to whom; write registration_tokens, registration_users or registration_networks as well',
    ],
    [
      '[api]\nregistration_networks = ["192.0.2.0/24"]\nregistration = "closed"',
      'line 2: api.registration_networks has no effect while api.registration is "closed"; write registration = "restricted"',
    ],
    [
      '[api]\nregistration_tokens = "tokens"',
      'line 2: api.registration_tokens has no effect while api.registration is "open"; write registration = "restricted"',
    ],
    [
      '[api]\nregistration = "restricted"\nregistration_users = "password"',
      'api.registration_users cannot be used: line 1 of its file is no user; write name:password, the name of letters, digits, dots and hyphens',
    ],
    [
      '[api]\nproxy_protocol = true',
      'line 2: api.proxy_protocol needs to know who may speak it; write for example trusted_proxies = ["127.0.0.1/32"]',
    ],
    [
      '[api]\nproxy_protocol = "yes"',
      'line 2: api.proxy_protocol must be true or false, but is a text in quotes; write for example proxy_protocol = false',
    ],
    [
      '[api]\nsource_header = "X Y"',
      'line 2: api.source_header cannot be used: "X Y" is not the name of an HTTP header; write it as in "X-Forwarded-For"',
    ],
    [
      '[acme]\ndirectory = "letsencript"',
      'line 2: acme.directory cannot be used: "letsencript" is not a CA that evercert knows; did you mean "letsencrypt"?',
    ],
    [
      '[acme]\ndirectory = "http://ca.example/dir"',
      'line 2: acme.directory cannot be used: "http://ca.example/dir" is not the directory URL of a CA; write an https URL such as "https://acme-v02.api.letsencrypt.org/directory"',
    ],
    [
      '[acme]\ndirectory = "https://u:pw@ca.example/dir"',
      'line 2: acme.directory cannot be used: a CA takes no user and password in its URL; leave out what stands before the @',
    ],
    [
      '[acme]\ncontact = ["admin"]',
      'line 2: acme.contact[0] cannot be used: "admin" is not a mail address; write it as in "admin@example.org"',
    ],
    [
      '[acme]\nroot = "missing.pem"',
      'line 2: acme.root names missing.pem, which cannot be read: there is no such file',
    ],
    [
      '[acme]\nroot = "not.pem"',
      'line 2: acme.root names not.pem, and there is no certificate in PEM form in it; name another file',
    ],
    [
      '[acme]\nkey_type = "ed25519"',
      'line 2: acme.key_type cannot be used: "ed25519" is not possible here; write one of "P-256", "P-384", "RSA-2048", "RSA-3072", "RSA-4096"',
    ],
    [
      '[database]\nurl = "mysql://me:secret@db/x"',
      'line 2: database.url cannot be used: "***@db/x" is not the URL of a PostgreSQL database; write it as in "postgres://evercert@db.example.net/evercert"',
    ],
    [
      '[database]\npassword_file = "password"',
      'line 2: database.password_file is there, and database.url is missing; write both, or neither',
    ],
    [
      '[database]\nurl = "postgres://u:p@127.0.0.1/x"\npassword_file = "password"',
      'line 3: database.url has a password in it, and database.password_file is there as well; write only one of them',
    ],
    [
      '[acme]\nexternal_account = { key_id = "k" }',
      'line 2: acme.external_account has no HMAC key; write hmac_key_file = "/etc/evercert/eab.key", or set EVERCERT_ACME_EXTERNAL_ACCOUNT_HMAC_KEY',
    ],
    [
      '[acme]\nexternal_account = { key_id = "k", hmac_key = "c2VjcmV0" }',
      'line 2: acme.external_account has a key in it, and this file is no place for secrets; put the key into a file of its own (0600) and name that as hmac_key_file',
    ],
    [
      '[acme.external_account]\nkey_id = "k"\nhmac_key_file = "empty"',
      'line 3: acme.external_account.hmac_key_file names empty, which is empty; put the secret into it',
    ],
    [
      '[acme.external_account]\nkey_id = "k"\nhmac_key_file = "password"',
      'the HMAC key of the external account is not base64url; copy it whole from the web site of the CA',
    ],
    [
      '[dns01]\nresolvers = ["dns.example"]',
      'line 2: dns01.resolvers[0] cannot be used: "dns.example" is not an address with a port: the port is missing, or the brackets around an IPv6 address; write it as in "192.0.2.1:53" or "[2001:db8::1]:53"',
    ],
    [
      '[dns01]\nroutes = { "a..b" = ["127.0.0.1:1"] }',
      'line 2: dns01.routes cannot be used: "a..b" is not a usable domain name: it has an empty label (two dots in a row, or a dot at the start)',
    ],
    [
      '[dns01.routes]\n"a.b" = []',
      'line 2: dns01.routes has no server for a.b; write for example "a.b" = ["127.0.0.1:5301"]',
    ],
    [
      '[dns01]\nroutes = { "a.b" = "127.0.0.1:1" }',
      'line 2: dns01.routes.a.b must be a list in square brackets, but is a text in quotes; write for example routes = { "example.org" = ["127.0.0.1:5301"] }',
    ],
    [
      '[dns01.acme_dns]\nserver = "user:pw@host"',
      'line 2: dns01.acme_dns.server cannot be used: "***@host" is not the URL of a server; write it as in "https://auth.example.net"',
    ],
    [
      '[dns01.acme_dns]\nserver = "https://u:p@h"\nusername = "u"\npassword_file = "password"',
      'line 1: dns01.acme_dns has a user in its server URL and in username; write only one of them',
    ],
    [
      '[dns01.acme_dns]\nserver = "https://h"\nusername = "u"',
      'line 1: dns01.acme_dns needs both username and password_file, or neither',
    ],
    [
      '[dns01.acme_dns]\nserver = "https://h"\nallow_from = ["1.2.3.4/33"]',
      'line 3: dns01.acme_dns.allow_from[0] cannot be used: "1.2.3.4/33" is not an address range; write it as in "192.0.2.0/24"',
    ],
    [
      `${zone}[[certificate]]\n[[certificate]]\nnames = []`,
      'line 3: certificate[0].names is missing; write for example names = ["example.org", "*.example.org"]',
    ],
    [
      `${zone}[[certificate]]\nnames = []`,
      'line 3: certificate has no names; write for example names = ["example.org", "*.example.org"]',
    ],
    [
      `${zone}[[certificate]]\nnames = ["example.org", "*.*.example.org", "192.0.2.1"]`,
      'line 4: certificate[0].names[1] cannot be used: "*.*.example.org" is not a usable domain name: a "*" may stand only once, as the whole first label, as in *.example.org',
      'line 4: certificate[0].names[2] cannot be used: "192.0.2.1" is not a usable domain name: it is an IP address, and DNS-01 can only prove names; ask for the name instead',
    ],
    [
      `${zone}[[certificate]]\nnames = ["a.b"]\n[[certificate]]\nnames = ["A.b"]`,
      'line 5: a certificate before it is called a.b as well; write id = "a.b-2" to tell them apart',
    ],
    [
      `${zone}[[certificate]]\nnames = ["a.b"]\nid = "../x"`,
      'line 3: the id "../x" cannot be a file name; use letters, digits, dots and hyphens',
    ],
    [
      `${zone}[[certificate]]\nnames = ["a.b"]\noutput = "o"\n[[certificate]]\nnames = ["c.d"]\noutput = "./o"`,
      'line 6: a certificate before it has its files in o as well; name another folder as output',
    ],
    [
      '[[certificate]]\nnames = ["a.b"]',
      "line 1: certificates are wanted, and nothing answers their challenges; add a [zone] for our own DNS server, or [dns01.acme_dns] for somebody's acme-dns server",
    ],
    [
      '[log]\nlevel = "verbose"',
      'line 2: log.level cannot be used: "verbose" is not possible here; write one of "debug", "info", "warn", "error"',
    ],
    // Unknown keys
    ['[dns]\nlistn = []', 'line 2: dns.listn is not a key that evercert knows; did you mean listen?'],
    ['[dns]\ncors_origins = []', 'line 2: dns.cors_origins is not a key that evercert knows; it belongs below [api]'],
    [
      '[dns]\nfrobnicate = 1',
      'line 2: dns.frobnicate is not a key that evercert knows; here can stand: listen, workers, foreign_zone, foreign_rate, max_tcp_connections, tcp_idle',
    ],
    [
      '[certificates]\nnames = ["a.b"]',
      'line 1: certificates is not a key that evercert knows; did you mean certificate?',
    ],
    [
      '[certificate]\nnames = ["a.b"]',
      'line 1: certificate must be a list in square brackets, but is a table; write [[certificate]] on a line of its own, and the keys below it',
    ],
    // Not TOML, or not ours
    ['a = ', 'line 1: this cannot be read as TOML: invalid value; mend this line first'],
    [
      '[zone]\nname = "a"\nname = "b"',
      'line 3: this cannot be read as TOML: trying to redefine an already defined table or value; mend this line first',
    ],
  ];
  for (const [text, ...expected] of rows) {
    test(JSON.stringify(text).slice(0, 90), async () => {
      const wanted = expected.map((one) =>
        one.startsWith(':') ? `${file}${one}` : one.startsWith('line') ? `${file}, ${one}` : one,
      );
      assert.deepEqual(await faults(text), wanted);
    });
  }

  test('all faults at once, of the file, the environment and the command line, each with its place', async () => {
    const found = await faults('[dns]\nworkers = "x"\n[acme]\nroot = "missing"\n[log]\nlevle = 1', {
      environment: { EVERCERT_API_LISTEN: '1.2.3.4', EVERCERT_DNS_LISTN: 'x', EVERCERT_DNS01_ROUTES: 'x' },
      overrides: { acme: { directory: 'nonsense' }, dns01: { routes: ['y'] } },
    });
    const places = found.map((message) => /^[^:;]*/.exec(message)?.[0]);
    assert.deepEqual(places, [
      'the environment has EVERCERT_DNS_LISTN, which means nothing',
      'EVERCERT_DNS01_ROUTES',
      'command line',
      'evercert.toml, line 2',
      'EVERCERT_API_LISTEN',
      'command line',
      'evercert.toml, line 6',
      'evercert.toml, line 4',
    ]);
  });

  test('a file that cannot be read', async () => {
    const options = { file: join(folder, 'none.toml'), environment: {} };
    await assert.rejects(loadConfig(options), {
      message: `the configuration ${options.file} cannot be read: there is no such file`,
    });
    await assert.rejects(loadConfig({ environment: { EVERCERT_CONFIG: folder } }), /it is a folder/);
  });

  test('other zones: once each, beside a zone, with good records', async () => {
    const other = (name: string, records = '[]') => `[[other_zone]]\nname = "${name}"\nrecords = ${records}\n`;
    const both = `${zone}\n${other('auth.example.net')}${other('b.example')}${other('b.example', '["bad"]')}`;
    assert.deepEqual(await faults(both, { readRecord }), [
      `${file}, line 5: the zone auth.example.net is there twice; put its records into one`,
      `${file}, line 11: the zone b.example is there twice; put its records into one`,
      `${file}, line 12: other_zone.records[0] cannot be used: "bad" is no record`,
    ]);
    assert.deepEqual(await faults(other('b.example')), [
      `${file}, line 1: other_zone is served beside a [zone], and there is none; add it`,
    ]);
    const { config } = await load(`${zone}\n${other('B.example', '["good"]')}`);
    assert.deepEqual(config.otherZones, [
      {
        name: 'b.example',
        nameserver: 'auth.example.net',
        mailbox: 'hostmaster.auth.example.net',
        records: ['good'],
        negativeTtl: 1,
      },
    ]);
  });

  test('records are held against the words of DNS that the caller brings', async () => {
    assert.deepEqual(await faults(`${zone}records = ["good", "bad"]`, { readRecord }), [
      `${file}, line 3: zone.records[1] cannot be used: "bad" is no record`,
    ]);
  });

  test('whatever stands in the file, only a DomainErrors comes out', async () => {
    const word = fc.oneof(
      fc.constantFrom(
        'zone',
        'name',
        'dns',
        'listen',
        'acme',
        'dns01',
        'acme_dns',
        'server',
        'routes',
        'certificate',
        'names',
        'data',
        '__proto__',
        'constructor',
      ),
      fc.string(),
    );
    const leaf = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('a.b', ':53', 'https://u:p@h', '24h'),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(word, tie('any'), { maxKeys: 4 }),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(fc.dictionary(word, value, { maxKeys: 5 }), fc.string(), async (overrides, text) => {
        for (const options of [{ text: '', overrides: overrides as never }, { text }]) {
          await loadConfig({ environment: {}, ...options }).catch((error: unknown) => {
            assert.ok(error instanceof DomainErrors, inspect(error));
            for (const { message } of error.errors) assert.ok(message.length < 1000, message);
          });
        }
      }),
      { numRuns: 300 },
    );
  });
});
