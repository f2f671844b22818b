import { isWithin } from '../core/domain-name.ts';
import type { Config } from './config.ts';
import { findKnownCa } from './known-ca.ts';
import { isLoopback } from './url.ts';

/** What is allowed, and probably not meant. */
export function warningsAbout({ zone, acme, api, database }: Config): string[] {
  const warnings: string[] = [];
  if (database !== undefined && isInClear(database.url)) {
    warnings.push(
      'database.url says nothing of TLS: keys and passwords go over the network in clear; add "?sslmode=verify-full", or "?sslmode=disable" where the network is your own',
    );
  }
  if (
    zone !== undefined &&
    isWithin(zone.nameserver, zone.name) &&
    !hasAddress(zone.records, zone.nameserver, zone.name)
  ) {
    warnings.push(
      `zone.records has no address for the name server ${zone.nameserver}: resolvers will not find it; add "${zone.nameserver}. A 192.0.2.1" with the public address of this machine`,
    );
  }
  const isOpen = !api.listeners.every(({ address }) => isLoopback(address));
  if (api.sourceHeader !== undefined && api.trustedProxies.length === 0 && isOpen) {
    warnings.push(
      'api.source_header is believed from whoever connects, and the API listens on more than loopback: allow lists can be got around; write the addresses of the proxies as api.trusted_proxies, or in EVERCERT_API_TRUSTED_PROXIES',
    );
  }
  const ca = findKnownCa(acme.directory);
  if (ca?.needsExternalAccount === true && acme.externalAccount === undefined) {
    warnings.push(
      `${ca.title} registers accounts only with an external account: get a key id and an HMAC key on its web site, and add [acme.external_account]`,
    );
  }
  return warnings;
}

function isInClear(text: string): boolean {
  const url = new URL(text);
  if (url.searchParams.has('sslmode') || url.searchParams.has('ssl')) return false;
  const host = decodeURIComponent(url.searchParams.get('host') ?? url.hostname);
  return !host.startsWith('/') && !isLoopback(host);
}

/** Whether a line gives `name` an A or AAAA record. Names may be written absolute, relative, or as `@`. */
function hasAddress(records: readonly string[], name: string, zone: string): boolean {
  return records.some((line) => {
    const [owner = '', ...words] = line.trim().toLowerCase().split(/\s+/);
    const absolute = owner === '@' ? zone : owner.endsWith('.') ? owner.slice(0, -1) : `${owner}.${zone}`;
    const isOwner = absolute === name || owner === name;
    return isOwner && words.some((word) => word === 'a' || word === 'aaaa');
  });
}
