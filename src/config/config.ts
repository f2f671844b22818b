import type { CertificateName, DomainName } from '../core/domain-name.ts';
import type { KeyType } from '../pki/key.ts';
import type { Address, Listener } from './address.ts';
import type { Secret } from './secret.ts';

/** Everything the program was told, parsed, complete with defaults, and frozen at every depth. Paths are absolute. */
export interface Config {
  /** Folder of the database, keys and certificates. */
  readonly data: string;
  /** The challenge zone; undefined where somebody else's acme-dns answers, or nothing is served. */
  readonly zone: ZoneConfig | undefined;
  /** Zones of static records alone, served beside it. */
  readonly otherZones: readonly ZoneConfig[];
  readonly dns: DnsConfig;
  readonly api: ApiConfig;
  /** The PostgreSQL database that all is kept in; undefined: SQLite in the data folder. */
  readonly database: DatabaseConfig | undefined;
  /** The database of acme-dns, used in place; undefined where ours is used. */
  readonly acmeDnsDatabase: AcmeDnsDatabaseConfig | undefined;
  readonly acme: AcmeConfig;
  readonly dns01: Dns01Config;
  readonly certificates: readonly CertificateConfig[];
  readonly log: LogConfig;
}

export interface ZoneConfig {
  readonly name: DomainName;
  /** SOA MNAME, and the NS at the apex when `records` has none. */
  readonly nameserver: DomainName;
  /** SOA RNAME: the @ of the mail address is a dot. */
  readonly mailbox: DomainName;
  /** Zone-file lines, as they were written. */
  readonly records: readonly string[];
  /** Seconds. */
  readonly negativeTtl: number;
}

export interface DatabaseConfig {
  /** Without a password, for messages; the URL to use is `databaseUrl` of Secrets. */
  readonly url: string;
}

export type AcmeDnsDatabaseConfig =
  | { readonly engine: 'sqlite'; readonly file: string }
  /** It is the same database that all else is kept in. */
  | { readonly engine: 'postgres' };

export interface DnsConfig {
  readonly listeners: readonly Listener[];
  /** 0: in the main thread. */
  readonly workers: number;
  readonly foreignZone: 'refused' | 'nxdomain';
  /** Answers a second and worker to questions for other zones; 0: no limit. */
  readonly foreignRate: number;
  /** Per worker. */
  readonly maxTcpConnections: number;
  /** ms. */
  readonly tcpIdle: number;
}

export interface ApiConfig {
  /** None: no API. */
  readonly listeners: readonly Address[];
  /** The tokens and users of a restricted one are in Secrets. */
  readonly registration: 'open' | 'closed' | 'restricted';
  /** Of a restricted one: CIDR ranges. None: from anywhere. */
  readonly registrationNetworks: readonly string[];
  /** For each address; 0: no limit. */
  readonly registrationsPerHour: number;
  readonly failuresPerMinute: number;
  /** CIDR ranges. */
  readonly trustedProxies: readonly string[];
  readonly proxyProtocol: boolean;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** None: every origin. */
  readonly corsOrigins: readonly string[];
  /** HTTPS when given. */
  readonly tls: ApiTls | undefined;
  /** Header in which proxies name the client; X-Forwarded-For where there are trusted proxies. */
  readonly sourceHeader: string | undefined;
  /** Where /status and /metrics are served. None: nowhere. */
  readonly statusListeners: readonly Address[];
}

export type ApiTls = ApiTlsFiles | ApiTlsByAcme;

/** PEM files that somebody else keeps current. */
export interface ApiTlsFiles {
  readonly kind: 'files';
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A certificate that we get ourselves, with our own zone answering the challenge. */
export interface ApiTlsByAcme {
  readonly kind: 'acme';
  /** Directory URL. */
  readonly directory: string;
  /** `mailto:` URLs. */
  readonly contact: readonly string[];
  readonly name: DomainName;
  /** Where acme-dns kept the certificate that it got before; the files need not be there. */
  readonly before: ApiTlsFiles | undefined;
}

export interface AcmeConfig {
  /** Directory URL. */
  readonly directory: string;
  /** PEM roots that the CA's HTTPS is trusted by, in place of the system's. */
  readonly trust: string | undefined;
  /** `mailto:` URLs. */
  readonly contact: readonly string[];
  readonly keyType: KeyType;
  readonly profile: string | undefined;
  readonly preferredChain: string | undefined;
  /** Its HMAC key is `externalAccountHmacKey` of Secrets. */
  readonly externalAccount: { readonly keyId: string; readonly algorithm: 'HS256' | 'HS384' | 'HS512' } | undefined;
}

export interface Dns01Config {
  /** None: the system's. */
  readonly resolvers: readonly Address[];
  /** Authoritative servers given by hand for a zone. */
  readonly routes: ReadonlyMap<DomainName, readonly Address[]>;
  /** ms to wait for a missing CNAME. */
  readonly wait: number;
  /** Somebody else's acme-dns server in place of our own zone. */
  readonly acmeDns: AcmeDnsConfig | undefined;
}

export interface AcmeDnsConfig {
  /** Without credentials, for messages; the URL to use is `acmeDnsServer` of Secrets. */
  readonly server: string;
  /** Account file in the common client format. */
  readonly accounts: string;
  readonly trust: string | undefined;
  /** CIDR ranges that accounts registered by us may be updated from. */
  readonly allowFrom: readonly string[];
}

export interface CertificateConfig {
  /** Given only where the first name is not enough to tell certificates apart. */
  readonly id: string | undefined;
  readonly names: readonly CertificateName[];
  readonly keyType: KeyType;
  readonly profile: string | undefined;
  /** Folder of the files; undefined: below `data`. */
  readonly output: string | undefined;
  /** Shell command to run after delivery. */
  readonly after: string | undefined;
}

export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** auto: text on a terminal, JSON lines elsewhere. */
  readonly format: 'auto' | 'text' | 'json';
  /** undefined: standard error. */
  readonly file: string | undefined;
}

/** Apart from Config, so that a Config may be printed whole. */
export interface Secrets {
  /** Base64url, as the CA gave it. */
  readonly externalAccountHmacKey: Secret | undefined;
  /** The URL with user and password, when it has any. */
  readonly acmeDnsServer: Secret | undefined;
  /** These three as they stand in their files: in clear, or as `sha256:` and the digest in hexadecimal. */
  readonly registrationTokens: readonly Secret[];
  readonly registrationUsers: ReadonlyMap<string, Secret>;
  /** Users of the storage of accounts; undefined: there is none. */
  readonly storageUsers: ReadonlyMap<string, Secret> | undefined;
  /** Of our PostgreSQL database, with user and password. */
  readonly databaseUrl: Secret | undefined;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly secrets: Secrets;
  /** Sentences about what is allowed and probably not meant. */
  readonly warnings: readonly string[];
}
