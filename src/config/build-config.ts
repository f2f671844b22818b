import { join } from 'node:path';
import { parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import type { BesideTree } from './acme-dns-file.ts';
import type {
  AcmeDnsConfig,
  AcmeDnsDatabaseConfig,
  ApiTls,
  Config,
  Dns01Config,
  Secrets,
  ZoneConfig,
} from './config.ts';
import { parseTokenLines, parseUserLines } from './secret-lines.ts';
import type { SecretVariables } from './environment.ts';
import { Secret } from './secret.ts';
import type { Settings } from './settings.ts';
import { hasCredentials } from './url.ts';

/** What the files named in the settings hold, by key path; those that could not be read are not there. */
export type FileContents = ReadonlyMap<string, string>;

/** The settings in the program's words. @throws DomainError `invalid-name`, `invalid-config` */
export function buildConfig(settings: Settings, contents: FileContents, beside?: BesideTree): Config {
  const { acme, api, dns } = settings;
  return {
    data: settings.data,
    zone: settings.zone === undefined ? undefined : zoneConfig(settings.zone),
    otherZones: settings.zone === undefined ? [] : otherZones(settings, zoneConfig(settings.zone), beside),
    dns: {
      listeners: dns.listen.flat(),
      workers: dns.workers,
      foreignZone: dns.foreign_zone,
      foreignRate: dns.foreign_rate,
      maxTcpConnections: dns.max_tcp_connections,
      tcpIdle: dns.tcp_idle,
    },
    api: {
      listeners: api.listen,
      registration: api.registration,
      registrationNetworks: api.registration_networks,
      registrationsPerHour: api.registrations_per_hour,
      failuresPerMinute: api.failures_per_minute,
      trustedProxies: api.trusted_proxies,
      proxyProtocol: api.proxy_protocol,
      maxConnections: api.max_connections,
      maxConnectionsPerAddress: api.max_connections_per_address,
      corsOrigins: api.cors_origins,
      tls: beside?.tls ?? apiTls(settings),
      sourceHeader: api.source_header,
      statusListeners: api.status_listen,
    },
    acme: {
      directory: acme.directory,
      trust: contents.get('acme.root'),
      contact: acme.contact,
      keyType: acme.key_type,
      profile: acme.profile,
      preferredChain: acme.preferred_chain,
      externalAccount:
        acme.external_account === undefined
          ? undefined
          : { keyId: acme.external_account.key_id, algorithm: acme.external_account.algorithm },
    },
    database: settings.database.url && { url: withoutPassword(settings.database.url) },
    acmeDnsDatabase: acmeDnsDatabase(beside),
    dns01: dns01Config(settings, contents),
    certificates: settings.certificate.map((one) => ({
      id: one.id,
      names: [...new Set(one.names)],
      keyType: one.key_type ?? acme.key_type,
      profile: one.profile ?? acme.profile,
      output: one.output,
      after: one.after,
    })),
    log: { ...settings.log, file: settings.log.file },
  };
}

function acmeDnsDatabase(beside: BesideTree | undefined): AcmeDnsDatabaseConfig | undefined {
  if (beside?.database === undefined) return undefined;
  const { database } = beside;
  return database.engine === 'sqlite' ? database : { engine: 'postgres' };
}

/** They are answered for in the name of the server of the challenge zone. */
function otherZones(settings: Settings, zone: ZoneConfig, beside: BesideTree | undefined): ZoneConfig[] {
  const configured = settings.other_zone.map((other) => ({
    name: other.name,
    nameserver: other.nameserver ?? zone.nameserver,
    mailbox: other.mailbox ?? zone.mailbox,
    records: other.records,
    negativeTtl: other.negative_ttl ?? zone.negativeTtl,
  }));
  return [...configured, ...[...(beside?.otherZones ?? [])].map(([name, records]) => ({ ...zone, name, records }))];
}

function apiTls({ acme, api, zone }: Settings): ApiTls | undefined {
  if (api.tls_cert !== undefined && api.tls_key !== undefined)
    return { kind: 'files', certificateFile: api.tls_cert, keyFile: api.tls_key };
  if (api.tls === undefined || zone === undefined) return undefined;
  const { directory, contact } = acme;
  return { kind: 'acme', directory, contact, name: zone.name, before: undefined };
}

function zoneConfig(zone: NonNullable<Settings['zone']>): ZoneConfig {
  return {
    name: zone.name,
    nameserver: zone.nameserver ?? zone.name,
    mailbox: zone.mailbox ?? parseDomainName(`hostmaster.${zone.name}`),
    records: zone.records,
    negativeTtl: zone.negative_ttl,
  };
}

function dns01Config({ data, dns01 }: Settings, contents: FileContents): Dns01Config {
  return {
    resolvers: dns01.resolvers,
    routes: new Map(Object.entries(dns01.routes).map(([zone, servers]) => [parseDomainName(zone), servers])),
    wait: dns01.wait,
    acmeDns: dns01.acme_dns === undefined ? undefined : acmeDnsConfig(data, dns01.acme_dns, contents),
  };
}

function acmeDnsConfig(
  data: string,
  given: NonNullable<Settings['dns01']['acme_dns']>,
  contents: FileContents,
): AcmeDnsConfig {
  const { server } = given;
  return {
    server: `${server.origin}${server.pathname.replace(/\/+$/, '')}`,
    accounts: given.accounts ?? join(data, 'acme-dns-accounts.json'),
    trust: contents.get('dns01.acme_dns.root'),
    allowFrom: given.allow_from,
  };
}

/** What must not be printed, from the files and variables that hold it. @throws DomainError `invalid-config` */
export function buildSecrets(settings: Settings, contents: FileContents, variables: SecretVariables): Secrets {
  const hmacKey = variables.hmacKey ?? contents.get('acme.external_account.hmac_key_file');
  const server = settings.dns01.acme_dns?.server;
  return {
    externalAccountHmacKey: hmacKey === undefined ? undefined : new Secret(parseHmacKey(hmacKey)),
    databaseUrl: databaseUrl(settings, contents, variables),
    acmeDnsServer: server === undefined ? undefined : new Secret(serverWithCredentials(settings, server, contents)),
    ...apiSecrets(contents),
  };
}

function databaseUrl(
  { database }: Settings,
  contents: FileContents,
  { databasePassword }: SecretVariables,
): Secret | undefined {
  if (database.url === undefined) return undefined;
  const url = new URL(database.url);
  const password = databasePassword ?? contents.get('database.password_file');
  if (password !== undefined) url.password = encodeURIComponent(password.replace(/\r?\n$/, ''));
  return new Secret(url.href);
}

function withoutPassword(given: URL): string {
  const url = new URL(given);
  url.password = '';
  for (const name of ['password', 'uselibpqcompat']) url.searchParams.delete(name);
  return url.href;
}

function apiSecrets(
  contents: FileContents,
): Pick<Secrets, 'registrationTokens' | 'registrationUsers' | 'storageUsers'> {
  const tokens = contents.get('api.registration_tokens');
  const users = contents.get('api.registration_users');
  const storage = contents.get('api.storage_users');
  return {
    registrationTokens: tokens === undefined ? [] : parseTokenLines(tokens, 'api.registration_tokens'),
    registrationUsers: users === undefined ? new Map() : parseUserLines(users, 'api.registration_users'),
    storageUsers: storage === undefined ? undefined : parseUserLines(storage, 'api.storage_users'),
  };
}

/** Some CAs show it in base64, some with padding; JWS wants base64url without (RFC 7515 section 2). */
function parseHmacKey(text: string): string {
  const key = text.trim().replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  if (/^[A-Za-z0-9_-]+$/.test(key)) return key;
  throw new DomainError(
    'invalid-config',
    'the HMAC key of the external account is not base64url; copy it whole from the web site of the CA',
  );
}

function serverWithCredentials(settings: Settings, server: URL, contents: FileContents): string {
  const url = new URL(server);
  const password = contents.get('dns01.acme_dns.password_file');
  if (!hasCredentials(url) && settings.dns01.acme_dns?.username !== undefined) {
    url.username = encodeURIComponent(settings.dns01.acme_dns.username);
    url.password = encodeURIComponent(password?.replace(/\r?\n$/, '') ?? '');
  }
  return url.href;
}
