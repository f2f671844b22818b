import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { DomainError, DomainErrors } from '../core/error.ts';
import type { RecordHead } from './acme-dns-records.ts';
import type { LoadedConfig } from './config.ts';
import { loadConfig } from './load-config.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evercert-acmedns-'));
  await writeFile(join(folder, 'chain.pem'), '-----BEGIN CERTIFICATE-----\n');
  await writeFile(join(folder, 'key.pem'), '-----BEGIN PRIVATE KEY-----\n', { mode: 0o600 });
  await writeFile(join(folder, 'here.db'), '');
});
after(() => rm(folder, { recursive: true }));

/** Enough of a zone file's notation for these tests: `owner TYPE rest`; the real one is in dns/. */
function readRecord(line: string): RecordHead {
  const [name = '', type = ''] = line.split(' ');
  if (!/^[A-Z]+$/.test(type)) throw new DomainError('invalid-record', `${JSON.stringify(line)} is no record`);
  return { name: name.replace(/\.$/, ''), type };
}

/** `@DB@` in the text is a database that is there. */
function load(text: string, environment: Record<string, string> = {}): Promise<LoadedConfig> {
  const there = text.replaceAll('@DB@', join(folder, 'here.db'));
  return loadConfig({ file: join(folder, 'config.cfg'), text: there, environment, readRecord });
}

async function faults(text: string): Promise<string[]> {
  const error = await load(text).then(
    () => assert.fail('this configuration was taken'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof DomainErrors, String(error));
  return error.errors.map(({ message }) => message.replaceAll(`${folder}/`, ''));
}

const short = (messages: readonly string[]) => messages.map((message) => message.replaceAll(`${folder}/`, ''));

/** The least that acme-dns starts with, line by line, so that a table of cases can add to it. */
const parts = {
  general: ['protocol = "both"', 'domain = "auth.example.org"', 'records = ["auth.example.org. A 192.0.2.1"]'],
  database: ['engine = "sqlite"', 'connection = "@DB@"'],
  api: ['port = "80"', 'tls = "none"'],
  logconfig: [],
};

/** Keys of `changes` replace those of the least file or come to them; without a value they go. */
function file(changes: Readonly<Record<string, string>> = {}): string {
  const tables = new Map(Object.entries(parts).map(([name, lines]): [string, string[]] => [name, [...lines]]));
  for (const [path, value] of Object.entries(changes)) {
    const [table = '', key = ''] = path.split('.');
    const lines = (tables.get(table) ?? []).filter((line) => !line.startsWith(`${key} =`));
    tables.set(table, value === '' ? lines : [...lines, `${key} = ${value}`]);
  }
  return [...tables].map(([name, lines]) => `[${name}]\n${lines.join('\n')}\n`).join('');
}

test('the sample of v2 means what it means to acme-dns, and the sample of v1.1 too', async () => {
  const v2 = await load(`
    [general]
    listen = "127.0.0.1:53"
    protocol = "both"
    domain = "Auth.Example.org"
    nsname = "ns1.example.org"
    nsadmin = "admin.example.org"
    records = [ "auth.example.org. A 198.51.100.1", "auth.example.org. NS auth.example.org.", ]
    debug = false
    [database]
    engine = "sqlite"
    connection = "@DB@"
    [api]
    ip = "127.0.0.1"
    disable_registration = true
    port = "8053"
    tls = "none"
    tls_cert_privkey = "/etc/tls/example.org/privkey.pem"
    tls_cert_fullchain = "/etc/tls/example.org/fullchain.pem"
    acme_cache_dir = "api-certs"
    notification_email = ""
    corsorigins = [ "*" ]
    use_header = true
    header_name = "X-Forwarded-For"
    [logconfig]
    loglevel = "warning"
    logtype = "file"
    logfile = "/var/log/acme-dns.log"
    logformat = "json"`);
  assert.deepEqual(v2.config.zone, {
    name: 'auth.example.org',
    nameserver: 'ns1.example.org',
    mailbox: 'admin.example.org',
    records: ['auth.example.org. A 198.51.100.1', 'auth.example.org. NS auth.example.org.'],
    negativeTtl: 1,
  });
  assert.equal(v2.config.data, join(folder, 'evercert'));
  assert.deepEqual(v2.config.acmeDnsDatabase, { engine: 'sqlite', file: join(folder, 'here.db') });
  assert.deepEqual(
    v2.config.dns.listeners.map(({ address, port, transport }) => `${transport} ${address} ${port}`),
    ['udp 127.0.0.1 53', 'tcp 127.0.0.1 53'],
  );
  const { listeners, registration, corsOrigins, tls, sourceHeader } = v2.config.api;
  assert.deepEqual(
    { listeners, registration, corsOrigins, tls, sourceHeader },
    {
      listeners: [{ address: '127.0.0.1', port: 8053 }],
      registration: 'closed',
      corsOrigins: ['*'],
      tls: undefined,
      sourceHeader: 'X-Forwarded-For',
    },
  );
  assert.deepEqual(v2.config.log, { level: 'warn', format: 'json', file: '/var/log/acme-dns.log' });
  assert.deepEqual(short(v2.warnings), [
    'config.cfg, line 23: of the addresses in X-Forwarded-For, the last one counts, and not any of them as with acme-dns; with several proxies in a row, name them, as in trusted_proxies = ["192.0.2.0/24"] below [api]',
  ]);

  const v1 = await load(`
    [General]
    Listen = ":53"
    Protocol = "udp4"
    Domain = "auth.example.org"
    NSName = "auth.example.org"
    [Database]
    Engine = "sqlite3"
    Connection = "@DB@"
    [API]
    api_domain = "auth.example.org"
    IP = "127.0.0.1"
    Port = 8053
    autocert_port = "80"
    TLS = "none"
    [LogConfig]
    loglevel = "debug"`);
  assert.deepEqual(v1.config.dns.listeners, [{ address: '0.0.0.0', port: 53, transport: 'udp' }]);
  assert.deepEqual(v1.config.log, { level: 'debug', format: 'text', file: undefined });
  assert.deepEqual(short(v1.warnings), [
    'config.cfg, line 11: api.api_domain has had no effect since acme-dns 0.8; leave it out',
    'config.cfg, line 14: api.autocert_port has had no effect since acme-dns 0.8; leave it out',
    'general.records has no address for the name server auth.example.org: resolvers will not find it; add "auth.example.org. A 192.0.2.1" with the public address of this machine',
  ]);
});

describe('what acme-dns starts with is taken', () => {
  const rows: [changes: Record<string, string>, warnings: string[], check?: (loaded: LoadedConfig) => void][] = [
    [{}, []],
    [{ 'general.protocol': '' }, ['line 1: general.protocol is missing; UDP and TCP are served']],
    [
      { 'general.nsname': '"not a name"' },
      [
        'line 5: general.nsname cannot be used: "not a name" is not a usable domain name: it has characters that no domain name can have; what evercert takes by itself stands in the SOA',
      ],
    ],
    [
      { 'general.nsname': '"auth.example.org."', 'general.nsadmin': '"Admin.example.org."' },
      [],
      ({ config }) => assert.equal(config.zone?.mailbox, 'admin.example.org'),
    ],
    [
      { 'general.color': '1', 'api.use_headr': 'true' },
      [
        'line 5: general.color is not a key of acme-dns, and is passed over',
        'line 12: api.use_headr is not a key of acme-dns, and is passed over; did you mean use_header?',
      ],
    ],
    [{ 'other.key': '1' }, ['line 13: other is not a key of acme-dns, and is passed over']],
    [
      { 'api.port': '' },
      ['line 8: api.port is missing, so there is no API: acme-dns takes any free port'],
      ({ config }) => assert.deepEqual(config.api.listeners, []),
    ],
    [
      { 'api.tls': '' },
      ['line 8: api.tls is missing, so the API speaks plain HTTP, as in acme-dns v1; write tls = "none" for that'],
    ],
    [
      { 'api.use_header': 'true' },
      ['line 11: api.use_header is true and api.header_name is missing; the address of the connection is taken'],
    ],
    [{ 'api.header_name': '"X-Real-IP"' }, [], ({ config }) => assert.equal(config.api.sourceHeader, undefined)],
    [
      { 'api.hsts_enabled': 'true' },
      ['line 11: api.hsts_enabled has no effect: the API is called by programs, to which HSTS means nothing'],
    ],
    [
      { 'logconfig.loglevel': '"trace"' },
      ['line 12: logconfig.loglevel "trace" is unknown, and taken for "info"'],
      ({ config }) => assert.equal(config.log.level, 'info'),
    ],
    [{ 'logconfig.logtype': '"file"' }, ['line 11: logconfig.logfile is missing; the log goes to standard error']],
    [
      { 'database.engine': '"SQLite3"', 'database.connection': '"file:/a/b.db?cache=shared&mode=rwc"' },
      [
        'line 7: there is no /a/b.db, so an empty database is made there; if that is not meant, start evercert where acme-dns was started, or write the whole path',
      ],
      ({ config }) => assert.deepEqual(config.acmeDnsDatabase, { engine: 'sqlite', file: '/a/b.db' }),
    ],
    [
      { 'database.connection': '"here.db"' },
      [],
      ({ config }) => {
        assert.deepEqual(config.acmeDnsDatabase, { engine: 'sqlite', file: join(folder, 'here.db') });
        assert.equal(config.data, join(folder, 'evercert'));
      },
    ],
    [
      { 'database.connection': '"nowhere.db"' },
      [
        `line 7: there is no ${resolve('nowhere.db')}, so an empty database is made there; if that is not meant, start evercert where acme-dns was started, or write the whole path`,
      ],
      ({ config }) => assert.deepEqual(config.acmeDnsDatabase, { engine: 'sqlite', file: resolve('nowhere.db') }),
    ],
    [
      { 'api.tls': '"cert"', 'api.tls_cert_fullchain': '"chain.pem"', 'api.tls_cert_privkey': '"key.pem"' },
      [],
      ({ config }) =>
        assert.deepEqual(config.api.tls, {
          kind: 'files',
          certificateFile: join(folder, 'chain.pem'),
          keyFile: join(folder, 'key.pem'),
        }),
    ],
    [
      {
        'api.tls': '"letsencrypt"',
        'api.notification_email': '"admin@example.org"',
        'api.acme_cache_dir': '"/srv/certs"',
      },
      [],
      ({ config }) =>
        assert.deepEqual(config.api.tls, {
          kind: 'acme',
          directory: 'https://acme-v02.api.letsencrypt.org/directory',
          contact: ['mailto:admin@example.org'],
          name: 'auth.example.org',
          before: {
            kind: 'files',
            certificateFile:
              '/srv/certs/certificates/acme-v02.api.letsencrypt.org-directory/auth.example.org/auth.example.org.crt',
            keyFile:
              '/srv/certs/certificates/acme-v02.api.letsencrypt.org-directory/auth.example.org/auth.example.org.key',
          },
        }),
    ],
    [
      { 'api.tls': '"letsencryptstaging"', 'api.notification_email': '"nobody"' },
      [
        'line 11: api.notification_email cannot be used: "nobody" is not a mail address; write it as in "admin@example.org"; the CA gets no address',
      ],
      ({ config }) => assert.match(JSON.stringify(config.api.tls), /acme-staging-v02/),
    ],
    [
      {
        'general.records':
          '["auth.example.org. A 192.0.2.1", "nonsense", "www.example.org. A 192.0.2.2", "example.org. NS ns.example.org.", "*.example.org. A 192.0.2.3", "other.example. TXT x", "c.auth.example.org. CNAME x.", "c.auth.example.org. A 192.0.2.1", "example.org. CNAME x.", "www.example.org. SOA a. b. 1 1 1 1 1"]',
      },
      [
        'line 4: general.records[1] is left out: "nonsense" is no record',
        'line 4: general.records[6] is left out: c.auth.example.org has other records, and a CNAME must stand alone',
        'line 4: general.records[8] is left out: example.org is a zone, and a zone cannot be a CNAME',
        'line 4: general.records[9] is left out: the SOA of www.example.org is not at the top of the zone example.org',
      ],
      ({ config }) => {
        assert.deepEqual(config.zone?.records, ['auth.example.org. A 192.0.2.1', 'c.auth.example.org. A 192.0.2.1']);
        assert.deepEqual(
          config.otherZones.map(({ name, records, nameserver }) => ({ name, records, nameserver })),
          [
            {
              name: 'example.org',
              nameserver: 'auth.example.org',
              records: [
                'www.example.org. A 192.0.2.2',
                'example.org. NS ns.example.org.',
                '*.example.org. A 192.0.2.3',
              ],
            },
            { name: 'other.example', nameserver: 'auth.example.org', records: ['other.example. TXT x'] },
          ],
        );
      },
    ],
  ];
  for (const [changes, warnings, check] of rows) {
    test(JSON.stringify(changes).slice(0, 100), async () => {
      const loaded = await load(file(changes));
      assert.deepEqual(
        short(loaded.warnings),
        warnings.map((one) => `config.cfg, ${one}`),
      );
      check?.(loaded);
    });
  }
});

describe('what acme-dns does not start with, or what must be a mistake, is a fault with its place', () => {
  const rows: [changes: Record<string, string>, ...faults: string[]][] = [
    [{ 'general.domain': '' }, 'line 1: general.domain is missing; write the zone, as in domain = "auth.example.org"'],
    [
      { 'general.domain': '"a b"' },
      'line 4: general.domain cannot be used: "a b" is not a usable domain name: it has characters that no domain name can have',
    ],
    [
      { 'general.domain': `"${Array.from({ length: 4 }, () => 'x'.repeat(60)).join('.')}"` },
      'line 4: general.domain has 243 characters, which leaves no room for names below it; choose one of at most 216',
    ],
    [
      { 'general.protocol': '"quic"' },
      'line 4: general.protocol cannot be used: "quic" is not possible here; write both, both4, both6, udp, udp4, udp6, tcp, tcp4 or tcp6',
    ],
    [
      { 'general.listen': '"dns.example.org:53"' },
      'line 5: general.listen cannot be used: "dns.example.org" is not an IP address, and names are not looked up here; write the address itself',
    ],
    [
      { 'general.listen': '"127.0.0.1:dns"' },
      'line 5: general.listen cannot be used: "127.0.0.1:dns" has no port that can be used; write it as in "127.0.0.1:53" or "[::1]:53"',
    ],
    [
      { 'general.listen': '"[::1]:53"', 'general.protocol': '"udp4"' },
      'line 4: general.listen cannot be used: "::1" is not an IPv4 address, and general.protocol wants IPv4 alone',
    ],
    [
      { 'general.records': '"auth.example.org. A 192.0.2.1"' },
      'line 4: general.records must be a list of texts in square brackets',
    ],
    [
      { 'general.debug': '"yes"', 'general.listen': 'true' },
      'line 5: general.debug must be true or false',
      'line 6: general.listen must be a text in quotes',
    ],
    [
      { 'general.Domain': '"auth.example.net"' },
      'line 5: general.domain is there twice, as general.domain too; keep one of them',
    ],
    [{ 'database.engine': '' }, 'line 5: database.engine is missing; write engine = "sqlite" or engine = "postgres"'],
    [
      { 'database.engine': '"mysql"' },
      'line 7: database.engine cannot be used: "mysql" is not an engine that acme-dns has; write "sqlite" or "postgres"',
    ],
    [
      { 'api.ip': '"1.2.3.4.5"' },
      'line 11: api.ip cannot be used: "1.2.3.4.5" is not an IP address, and names are not looked up here; write the address itself',
    ],
    [
      { 'database.connection': '"chain.pem"' },
      'line 7: database.connection names chain.pem, which is no SQLite database; name that of acme-dns',
    ],
    [{ 'database.connection': '"/"' }, 'line 7: database.connection names /, which cannot be read: it is a folder'],
    [
      { 'database.connection': '' },
      'line 5: database.connection is missing; write the file of the SQLite database, or the URL of the PostgreSQL one',
    ],
    [
      { 'database.connection': '":memory:"' },
      'line 7: database.connection cannot be used: it names a database in memory, which keeps nothing; name a file',
    ],
    [
      { 'database.engine': '"postgres"', 'database.connection': '"secret word"' },
      'line 7: database.connection cannot be used: it is neither a URL nor key=value pairs; write it as in "postgres://user:password@localhost/acmedns"',
    ],
    [
      { 'database.engine': '"postgres"', 'database.connection': '"postgres://u:secret@[::/x"' },
      'line 7: database.connection cannot be used: it is not the URL of a PostgreSQL database; write it as in "postgres://user:password@localhost/acmedns"',
    ],
    [
      { 'api.tls': '"letsencrypt-staging"' },
      'line 10: api.tls cannot be used: "letsencrypt-staging" is not possible here; did you mean "letsencryptstaging"?',
    ],
    [
      { 'api.tls': '"cert"' },
      'line 10: api.tls is "cert", and for that both api.tls_cert_fullchain and api.tls_cert_privkey are needed; write them, or tls = "none"',
    ],
    [
      { 'api.tls': '"cert"', 'api.tls_cert_fullchain': '"nowhere.pem"', 'api.tls_cert_privkey': '"key.pem"' },
      `line 11: api.tls_cert_fullchain names ${resolve('nowhere.pem')}, which cannot be read: there is no such file`,
    ],
    [
      { 'api.port': '"99999"' },
      'line 10: api.port cannot be used: ":99999" has no port that can be used; write it as in "127.0.0.1:53" or "[::1]:53"',
    ],
  ];
  for (const [changes, ...expected] of rows) {
    test(JSON.stringify(changes).slice(0, 100), async () => {
      assert.deepEqual(
        await faults(file(changes)),
        expected.map((one) => `config.cfg, ${one}`),
      );
    });
  }
});

test("tables of ours may stand in acme-dns' file, which acme-dns passes over", async () => {
  const { config, warnings } = await load(
    `data = "/srv/data"\n${file({ 'api.status_listen': '["127.0.0.1:9953"]' })}[dns]\nworkers = 0\nforeign_zone = "nxdomain"\n[acme]\ncontact = ["a@example.org"]\n[[certificate]]\nnames = ["example.org"]\noutput = "out"`,
  );
  assert.equal(config.data, '/srv/data');
  assert.equal(config.dns.workers, 0);
  assert.equal(config.dns.foreignZone, 'nxdomain');
  assert.deepEqual(config.api.statusListeners, [{ address: '127.0.0.1', port: 9953 }]);
  assert.equal(config.certificates[0]?.output, join(folder, 'out'));
  assert.deepEqual(warnings, []);
  const bad = await faults(`${file()}[dns]\nworkers = -1`);
  assert.deepEqual(bad, ['config.cfg, line 14: dns.workers cannot be used: -1 is not a whole number from 0 to 256']);
});

test('variables and flags go before the file', async () => {
  const { config } = await load(file(), { EVERCERT_DATA: '/elsewhere', EVERCERT_API_LISTEN: '127.0.0.1:1' });
  assert.equal(config.data, '/elsewhere');
  assert.deepEqual(config.api.listeners, [{ address: '127.0.0.1', port: 1 }]);
});

test('the password of a database is a secret, and not in the Config', async () => {
  const { config, secrets } = await load(
    file({ 'database.engine': '"postgres"', 'database.connection': '"postgres://u:pa55@db.example/x"' }),
  );
  assert.deepEqual(config.acmeDnsDatabase, { engine: 'postgres' });
  assert.equal(config.data, '/var/lib/evercert');
  assert.ok(!JSON.stringify([config, secrets]).includes('pa55'));
  assert.equal(config.database?.url, 'postgres://u@db.example/x?sslmode=require');
  assert.equal(secrets.databaseUrl?.reveal(), 'postgres://u:pa55@db.example/x?sslmode=require&uselibpqcompat=true');
});

test('whatever stands in the file, only a DomainErrors comes out', async () => {
  const key = fc.constantFrom(
    'domain',
    'Listen',
    'protocol',
    'records',
    'engine',
    'connection',
    'ip',
    'port',
    'tls',
    'loglevel',
    'x',
  );
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()));
  const table = fc.dictionary(key, value);
  const tree = fc.record({ general: table, Database: table, api: table, logconfig: table }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(tree, async (tables) => {
      const text = Object.entries(tables)
        .map(
          ([name, keys]) =>
            `[${name}]\n${Object.entries(keys)
              .map(([k, v]) => `${k} = ${JSON.stringify(v)}\n`)
              .join('')}`,
        )
        .join('');
      await load(`[general]\n`.repeat(tables.general === undefined ? 1 : 0) + text).catch((error: unknown) =>
        assert.ok(error instanceof DomainErrors, String(error)),
      );
    }),
    { numRuns: 300 },
  );
});
