import { parseAddress, parseListener } from '../config/address.ts';
import { parseMailbox } from '../config/text.ts';
import { isWithin, parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import type { KubeAcmeOptions } from './kube-acme.ts';
import type { KubeLookOptions } from './kube-look.ts';
import { parseResolver } from './parse-resolver.ts';

/** The flags about how delegations are looked at, as they stand on the command line. */
export interface KubeLookFlags {
  readonly dns01RecursiveNameservers?: readonly string[];
  readonly dns01RecursiveNameserversOnly?: boolean;
  /** Servers by zone. */
  readonly dns01Route?: Readonly<Record<string, readonly string[]>>;
}

/** The flags of `evercert kube controller` about ACME and DNS, as they stand on the command line. */
export interface KubeAcmeFlags extends KubeLookFlags {
  readonly dnsZone?: string;
  readonly dnsListen?: readonly string[];
  readonly dnsNameserver?: string;
  readonly dnsMailbox?: string;
  readonly dnsRecord?: readonly string[];
  readonly dnsWorkers?: number;
  /** `namespace/name` */
  readonly dnsService?: string;
  readonly maxConcurrentChallenges?: number;
}

const DEFAULT_LISTEN = ['0.0.0.0:53'];
const DEFAULT_NEGATIVE_TTL = 1;
/** Answers come from memory: one thread answers more than any CA asks, and each one more is 13 MB. */
const DNS_WORKERS = 1;
const DEFAULT_CHALLENGES = 60;

/** @throws DomainError `invalid-address`, `invalid-name`, `invalid-config` */
export function readAcmeFlags(flags: KubeAcmeFlags): KubeAcmeOptions {
  return {
    dns: dnsOf(flags),
    ...readLookFlags(flags),
    mostChallenges: flags.maxConcurrentChallenges ?? DEFAULT_CHALLENGES,
  };
}

/** @throws DomainError `invalid-address`, `invalid-name` */
export function readLookFlags(flags: KubeLookFlags): KubeLookOptions {
  const resolvers = flags.dns01RecursiveNameservers ?? [];
  return {
    resolvers: resolvers.map(parseResolver),
    resolversOnly: flags.dns01RecursiveNameserversOnly ?? false,
    routes: new Map(
      Object.entries(flags.dns01Route ?? {}).map(([zone, servers]) => [
        parseDomainName(zone),
        servers.map((server) => parseAddress(server, 53)),
      ]),
    ),
  };
}

function dnsOf(flags: KubeAcmeFlags): KubeAcmeOptions['dns'] {
  if (flags.dnsZone === undefined) {
    if (flags.dnsListen === undefined) return undefined;
    throw new DomainError(
      'invalid-config',
      '--dns-listen needs --dns-zone: the name of the challenge zone to serve there',
    );
  }
  const name = parseDomainName(flags.dnsZone);
  const nameserver = flags.dnsNameserver === undefined ? name : parseDomainName(flags.dnsNameserver);
  const mailbox =
    flags.dnsMailbox === undefined ? parseDomainName(`hostmaster.${name}`) : parseMailbox(flags.dnsMailbox);
  return {
    listeners: (flags.dnsListen ?? DEFAULT_LISTEN).flatMap(parseListener),
    zone: { name, nameserver, mailbox, records: flags.dnsRecord ?? [], negativeTtl: DEFAULT_NEGATIVE_TTL },
    service: flags.dnsService === undefined ? undefined : serviceOf(flags.dnsService),
    workers: flags.dnsWorkers ?? DNS_WORKERS,
  };
}

function serviceOf(text: string): { namespace: string; name: string } {
  const [namespace = '', name = '', ...more] = text.split('/');
  if (namespace !== '' && name !== '' && more.length === 0) return { namespace, name };
  throw new DomainError(
    'invalid-config',
    `--dns-service "${text}" is not namespace/name; write it as in evercert/evercert-dns`,
  );
}

/** What is allowed and probably not meant. */
export function acmeWarnings({ dns }: KubeAcmeOptions): readonly string[] {
  if (dns === undefined) return [];
  const { name, nameserver, records } = dns.zone;
  const hasAddress = records.some(
    (line) => line.toLowerCase().startsWith(`${nameserver}.`) && /\s(A|AAAA)\s/i.test(line),
  );
  if (!isWithin(nameserver, name) || hasAddress) return [];
  return [
    `the zone ${name} has no address for its name server ${nameserver}: add --dns-record "${nameserver}. A 192.0.2.1" with the public address`,
  ];
}
