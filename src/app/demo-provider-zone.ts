import { parseDomainName } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import { parseRecordLine } from '../dns/record-line.ts';
import type { ZoneOptions } from '../dns/zone.ts';

/** The zone of the demo's domain, as a DNS provider would have it. */
export interface ProviderZone {
  /** What a person does in the provider's web page. */
  add(recordLine: string): void;
  zone(): ZoneOptions;
}

export function createProviderZone(origin: DomainName): ProviderZone {
  const nameServer = parseDomainName(`ns.${origin}`);
  const lines = [
    `${origin}. 3600 NS ${nameServer}.`,
    `${nameServer}. 3600 A 127.0.0.1`,
    `${origin}. 3600 A 192.0.2.80`,
  ];
  return {
    add: (line) => void lines.push(line),
    zone: () => ({
      origin,
      primary: nameServer,
      mailbox: parseDomainName(`hostmaster.${origin}`),
      records: lines.map((line) => parseRecordLine(line)),
    }),
  };
}
