import * as z from 'zod/mini';
import { parseCertificateName, parseDomainName } from '../core/domain-name.ts';
import { parseDuration } from '../core/duration.ts';
import { parseAddress, parseListener } from './address.ts';
import type { Field } from './field.ts';
import { listOf, oneOf, optional, parsed, preset, required, table, wholeNumber } from './field.ts';
import { parseCidr } from './cidr.ts';
import { parseContact, parseHeaderName, parseMailbox, parseText } from './text.ts';
import { parseDatabaseUrl, parseDirectoryUrl, parseServerUrl } from './url.ts';

// Every key that a configuration file may have, with what it means, its default and an example. Nothing else knows a default.

const text = parsed(parseText);
const keyType = oneOf('P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096');
const resolver = parsed((address) => parseAddress(address, 53));

const top = {
  data: preset('path', text, {
    preset: '/var/lib/evercert',
    about: 'Folder of the database, the keys and the certificates. Made 0700 when it is missing.',
  }),
};

const zone = {
  name: required('text', parsed(parseDomainName), {
    example: 'auth.example.net',
    about: 'The challenge zone: the name that you delegate to this server.',
  }),
  nameserver: optional('text', parsed(parseDomainName), {
    example: 'ns1.auth.example.net',
    about: 'The name of this name server, for the SOA. Default: the name of the zone.',
  }),
  mailbox: optional('text', parsed(parseMailbox), {
    example: 'hostmaster@example.net',
    about: 'Who answers for the zone, for the SOA. Default: hostmaster at the name of the zone.',
  }),
  records: preset('list', listOf(text), {
    preset: [],
    example: ['auth.example.net. NS auth.example.net.', 'auth.example.net. A 192.0.2.1'],
    about: 'Static records of the zone, one zone-file line each: at least the address of the name server.',
  }),
  negative_ttl: preset('number', wholeNumber(0, 86_400), {
    preset: 1,
    about: 'Seconds that a resolver may remember that a record is not there.',
  }),
};

const otherZone = {
  name: required('text', parsed(parseDomainName), {
    example: 'auth.old.example',
    about: 'A further zone that is served, of static records alone.',
  }),
  nameserver: optional('text', parsed(parseDomainName), {
    example: 'ns1.auth.example.net',
    about: 'The name of this name server, for the SOA. Default: as in `[zone]`.',
  }),
  mailbox: optional('text', parsed(parseMailbox), {
    example: 'hostmaster@example.net',
    about: 'Who answers for the zone, for the SOA. Default: as in `[zone]`.',
  }),
  records: preset('list', listOf(text), {
    preset: [],
    example: ['auth.old.example. DNAME auth.example.net.'],
    about: 'Its records, one zone-file line each.',
  }),
  negative_ttl: optional('number', wholeNumber(0, 86_400), {
    example: 60,
    about: 'Seconds that a resolver may remember that a record is not there. Default: as in `[zone]`.',
  }),
};

const dns = {
  listen: preset('list', listOf(parsed(parseListener)), {
    preset: ['0.0.0.0:53', '[::]:53'],
    about: 'Addresses of the DNS server. Each serves UDP and TCP; `udp:` or `tcp:` before it makes it one of them.',
  }),
  workers: preset('number', wholeNumber(0, 256), {
    preset: 1,
    about: 'Threads that answer DNS; 0 answers in the main thread.',
  }),
  foreign_zone: preset('text', oneOf('refused', 'nxdomain'), {
    preset: 'refused',
    about: 'The answer for names of other zones: `refused`, or `nxdomain` as acme-dns does.',
  }),
  foreign_rate: preset('number', wholeNumber(0, 1_000_000), {
    preset: 1000,
    about: 'Answers a second and worker to such questions over UDP; further ones are dropped. 0 is no limit.',
  }),
  max_tcp_connections: preset('number', wholeNumber(1, 100_000), {
    preset: 256,
    about: 'DNS connections over TCP at a time and worker; beyond it the one idle longest is closed.',
  }),
  tcp_idle: preset('text', parsed(parseDuration), {
    preset: '10s',
    about: 'A DNS connection over TCP on which nothing comes for so long is closed.',
  }),
};

const api = {
  listen: preset('list', listOf(parsed((address) => parseAddress(address))), {
    preset: ['127.0.0.1:8080'],
    about: 'Addresses of the acme-dns API. An empty list turns it off.',
  }),
  registration: preset('text', oneOf('open', 'closed', 'restricted'), {
    preset: 'open',
    about:
      'Who may register an account: everybody who reaches the API (`open`), nobody (`closed`), or those whom the next keys name (`restricted`).',
  }),
  registration_networks: preset('list', listOf(parsed(parseCidr)), {
    preset: [],
    example: ['192.0.2.0/24'],
    about: 'With `restricted`: accounts can be registered from these address ranges only.',
  }),
  registration_tokens: optional('path', text, {
    example: '/etc/evercert/registration-tokens',
    about: 'With `restricted`: file (0600) with the tokens that let register, one a line.',
  }),
  registration_users: optional('path', text, {
    example: '/etc/evercert/registration-users',
    about: 'With `restricted`: file (0600) with users and their passwords that let register, `name:password` a line.',
  }),
  registrations_per_hour: preset('number', wholeNumber(0, 1_000_000), {
    preset: 300,
    about: 'Accounts that one address (a /64 of IPv6) may register in an hour. 0 is no limit.',
  }),
  failures_per_minute: preset('number', wholeNumber(0, 1_000_000), {
    preset: 60,
    about:
      'Failed authentications of one address (a /64 of IPv6) in a minute that are answered as such. 0 is no limit.',
  }),
  cors_origins: preset('list', listOf(text), {
    preset: [],
    example: ['https://dashboard.example.net'],
    about: 'Web pages of these origins may call the API. An empty list lets all.',
  }),
  tls: optional('text', oneOf('acme'), {
    example: 'acme',
    about: '`acme`: the API is HTTPS, with a certificate for the name of the zone that evercert gets by itself.',
  }),
  tls_cert: optional('path', text, {
    example: '/etc/evercert/api.pem',
    about: 'PEM file with the certificate chain of the API, leaf first. With it the API is HTTPS.',
  }),
  tls_key: optional('path', text, {
    example: '/etc/evercert/api.key',
    about: 'PEM file with the key of `tls_cert`.',
  }),
  trusted_proxies: preset('list', listOf(parsed(parseCidr)), {
    preset: [],
    example: ['127.0.0.1/32', '::1/128'],
    about: 'Address ranges of the proxies in front: what they say of where a request came from is believed.',
  }),
  source_header: optional('text', parsed(parseHeaderName), {
    example: 'X-Forwarded-For',
    about: 'Header in which proxies name the client. Default, when there are trusted proxies: `X-Forwarded-For`.',
  }),
  proxy_protocol: preset('flag', z.boolean(), {
    preset: false,
    about: 'Whether connections of the trusted proxies begin with a header of the PROXY protocol (version 1 or 2).',
  }),
  max_connections: preset('number', wholeNumber(1, 1_000_000), {
    preset: 10_000,
    about: 'Connections at a time for each address of `listen`.',
  }),
  max_connections_per_address: preset('number', wholeNumber(0, 1_000_000), {
    preset: 256,
    about: 'Connections at a time of one address (a /64 of IPv6), trusted proxies apart. 0 is no limit.',
  }),
  storage_users: optional('path', text, {
    example: '/etc/evercert/storage-users',
    about:
      "File (0600) with the users of lego's HTTP storage at `/storage`, `name:password` a line. Without it there is none.",
  }),
  status_listen: preset('list', listOf(parsed((address) => parseAddress(address))), {
    preset: [],
    example: ['127.0.0.1:9953'],
    about: 'Addresses of `/status` and `/metrics`. They name every certificate: for the operator only.',
  }),
};

const database = {
  url: optional('text', parsed(parseDatabaseUrl), {
    example: 'postgres://evercert@db.example.net/evercert?sslmode=verify-full',
    about: 'PostgreSQL database that several nodes share. Default: SQLite, `evercert.db` in the data folder.',
  }),
  password_file: optional('path', text, {
    example: '/etc/evercert/database.password',
    about: 'File (0600) with the password of the user in `url`.',
  }),
};

const acme = {
  directory: preset('text', parsed(parseDirectoryUrl), {
    preset: 'https://acme-v02.api.letsencrypt.org/directory',
    about: 'Directory URL of the CA, or one of the short names below.',
  }),
  root: optional('path', text, {
    example: '/etc/evercert/ca-root.pem',
    about: "PEM file with the roots that the CA's HTTPS is trusted by, in place of the system's: for a private CA.",
  }),
  contact: preset('list', listOf(parsed(parseContact)), {
    preset: [],
    example: ['admin@example.org'],
    about: 'Mail addresses that the CA may write to.',
  }),
  key_type: preset('text', keyType, {
    preset: 'P-256',
    about: 'Key of the certificates: `P-256`, `P-384`, `RSA-2048`, `RSA-3072` or `RSA-4096`.',
  }),
  profile: optional('text', text, {
    example: 'tlsserver',
    about: 'Certificate profile, of those that the CA offers.',
  }),
  preferred_chain: optional('text', text, {
    example: 'ISRG Root X2',
    about: 'Common name of the root that the chain should lead to, where the CA offers several.',
  }),
};

const externalAccount = {
  key_id: required('text', text, {
    example: 'kid-1',
    about: 'Key identifier of the external account binding, from the web site of the CA.',
  }),
  hmac_key_file: optional('path', text, {
    example: '/etc/evercert/eab.key',
    about: 'File (0600) with the HMAC key, in base64url as the CA shows it.',
  }),
  algorithm: preset('text', oneOf('HS256', 'HS384', 'HS512'), {
    preset: 'HS256',
    about: 'MAC algorithm of the binding.',
  }),
};

const dns01 = {
  resolvers: preset('list', listOf(resolver), {
    preset: [],
    example: ['192.0.2.53:53'],
    about: "DNS resolvers to look at delegations with. An empty list takes the system's.",
  }),
  routes: preset('routes', z.record(z.string(), listOf(resolver)), {
    preset: {},
    example: { 'example.org': ['127.0.0.1:5301'] },
    about: 'Authoritative servers of a zone, given by hand: for another port than 53, and for split horizon.',
  }),
  wait: preset('text', parsed(parseDuration), {
    preset: '24h',
    about: 'How long an issuance waits for a missing CNAME before it counts as failed.',
  }),
};

const acmeDns = {
  server: required('text', parsed(parseServerUrl), {
    example: 'https://auth.example.net',
    about: "URL of somebody's acme-dns server. When given, challenges are answered there and not by our own zone.",
  }),
  accounts: optional('path', text, {
    example: '/etc/evercert/acme-dns.json',
    about:
      'Account file in the format that the clients of acme-dns share. Default: `acme-dns-accounts.json` in the data folder.',
  }),
  root: optional('path', text, {
    example: '/etc/evercert/acme-dns-root.pem',
    about: "PEM file with the roots that the server's HTTPS is trusted by, in place of the system's.",
  }),
  username: optional('text', text, {
    example: 'evercert',
    about: 'User for HTTP basic authentication, where a proxy before the server wants it.',
  }),
  password_file: optional('path', text, {
    example: '/etc/evercert/acme-dns.password',
    about: 'File (0600) with the password of `username`.',
  }),
  allow_from: preset('list', listOf(parsed(parseCidr)), {
    preset: [],
    example: ['192.0.2.0/24'],
    about: 'Address ranges that the accounts we register may be updated from. An empty list allows all.',
  }),
};

const certificate = {
  names: required('list', listOf(parsed(parseCertificateName)), {
    example: ['example.org', '*.example.org'],
    about: 'Names of the certificate. The first one is what it is called in files and commands.',
  }),
  id: optional('text', parsed(parseText), {
    example: 'example.org-rsa',
    about: 'What it is called instead: only needed for a second certificate with the same first name.',
  }),
  key_type: optional('text', keyType, { example: 'RSA-2048', about: 'As in `[acme]`, for this certificate.' }),
  profile: optional('text', text, { example: 'shortlived', about: 'As in `[acme]`, for this certificate.' }),
  output: optional('path', text, {
    example: '/etc/ssl/example.org',
    about: 'Folder of its files. Default: a folder of its own in `certificates` of the data folder.',
  }),
  after: optional('text', text, {
    example: 'systemctl reload nginx',
    about: 'Shell command to run after new files are in place.',
  }),
};

const log = {
  level: preset('text', oneOf('debug', 'info', 'warn', 'error'), {
    preset: 'info',
    about: 'The least that is written.',
  }),
  format: preset('text', oneOf('auto', 'text', 'json'), {
    preset: 'auto',
    about: '`text` for people, `json` for machines; `auto` is text on a terminal and JSON elsewhere.',
  }),
  file: optional('path', text, {
    example: '/var/log/evercert.log',
    about: 'File that the log is appended to (0600). Default: standard error.',
  }),
};

/** The fields of every table by its path; those of `listed` stand for each element of an array. */
export const sections = {
  '': top,
  zone,
  other_zone: otherZone,
  dns,
  api,
  database,
  acme,
  'acme.external_account': externalAccount,
  dns01,
  'dns01.acme_dns': acmeDns,
  certificate,
  log,
} as const satisfies Readonly<Record<string, Readonly<Record<string, Field>>>>;

export type Section = keyof typeof sections;

/** Tables that may be there several times, as `[[certificate]]`. */
export const listed: ReadonlySet<string> = new Set<Section>(['certificate', 'other_zone']);

export function isSection(name: string): name is Section {
  return Object.hasOwn(sections, name);
}

export const settingsSchema = z.strictObject({
  ...table(top).shape,
  zone: z.optional(table(zone)),
  other_zone: z.prefault(z.array(table(otherZone)), []),
  dns: z.prefault(table(dns), {}),
  api: z.prefault(table(api), {}),
  database: z.prefault(table(database), {}),
  acme: z.prefault(z.strictObject({ ...table(acme).shape, external_account: z.optional(table(externalAccount)) }), {}),
  dns01: z.prefault(z.strictObject({ ...table(dns01).shape, acme_dns: z.optional(table(acmeDns)) }), {}),
  certificate: z.prefault(z.array(table(certificate)), []),
  log: z.prefault(table(log), {}),
});

/** A configuration file after its values were parsed: still in the file's own words. */
export type Settings = z.infer<typeof settingsSchema>;

/**
 * What the command line says in place of the file: the same tables and keys, any of them. It is parsed with the rest; `dns01.routes` may
 * also be a list of `zone=address` texts.
 */
export type Overrides = Readonly<Record<string, unknown>>;
