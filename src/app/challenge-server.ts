import { createChallengeZone } from '../acmedns/challenge-zone.ts';
import type { ChallengeZone, LoadedNames } from '../acmedns/challenge-zone.ts';
import type { ZoneEvent } from '../acmedns/follow-changes.ts';
import type { AccountStore } from '../acmedns/ports.ts';
import type { ZoneConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { DomainError } from '../core/error.ts';
import { challengeName, parseCertificateName } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import { createNameTable } from '../dns/name-table.ts';
import type { NameTable } from '../dns/name-table.ts';
import { parseRecordLine } from '../dns/record-line.ts';
import { startDnsServer } from '../dns/server.ts';
import type { DnsServer, DnsServerOptions } from '../dns/server.ts';
import type { ZoneOptions } from '../dns/zone.ts';
import { whenStoreIsThere } from './when-store-is-there.ts';
import { createQuestionHub } from './question-hub.ts';
import type { QuestionHub } from './question-hub.ts';

export interface ChallengeServerOptions extends Omit<DnsServerOptions, 'names' | 'onAsked' | 'zones'> {
  readonly zone: ZoneConfig;
  /** Zones of static records alone. */
  readonly otherZones?: readonly ZoneConfig[] | undefined;
  /** A name in the challenge zone that we get a certificate for: the zone has the CNAME of its challenge then. */
  readonly ownName?: DomainName | undefined;
  /** Served beside the challenge zone, as the demo's provider zone is. */
  readonly moreZones?: readonly ZoneOptions[];
  readonly store: AccountStore;
  readonly clock: Clock;
  /** Told when the store cannot be read, and when it can again. */
  readonly onZoneEvent?: ((event: ZoneEvent) => void) | undefined;
}

/** ms. */
const KEEP_FRESH_AGAIN = 1000;

/** The challenge zone with the DNS server that answers for it. */
export interface ChallengeServer {
  readonly zone: ChallengeZone;
  readonly names: NameTable;
  readonly dns: DnsServer;
  readonly questions: QuestionHub;
  /** Resolves when every stored name is served, or the server was stopped; until then, names that are not loaded yet get SERVFAIL. */
  readonly loaded: Promise<LoadedNames>;
  replaceMoreZones(zones: readonly ZoneOptions[]): Promise<void>;
  /**
   * Serves other static records. The name of the challenge zone stays.
   * @throws DomainError `invalid-zone`, and then the old ones stay
   */
  replaceRecords(zone: ZoneConfig, otherZones: readonly ZoneConfig[]): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when DNS answers. @throws what startDnsServer throws */
export async function startChallengeServer(options: ChallengeServerOptions): Promise<ChallengeServer> {
  const { zone: config, otherZones = [], ownName, moreZones = [], store, clock, onZoneEvent, ...server } = options;
  const names = createNameTable({ clock });
  const zone = createChallengeZone({ origin: config.name, names, store, clock });
  const questions = createQuestionHub();
  const served = { config, otherZones, moreZones, own: undefined as string | undefined };
  const allZones = (): ZoneOptions[] => [
    zoneOf(served.config, served.own),
    ...served.otherZones.map((other) => zoneOf(other)),
    ...served.moreZones,
  ];
  /** Takes the change when the server does. */
  const replace = async (change: Partial<typeof served>): Promise<void> => {
    const before = { ...served };
    Object.assign(served, change);
    try {
      await dns.replaceZones(allZones());
    } catch (error) {
      Object.assign(served, before);
      throw error;
    }
  };
  const dns = await startDnsServer({ ...server, zones: allZones(), names, onAsked: questions.onAsked });
  const stop = new AbortController();
  const load = async (): Promise<LoadedNames> => {
    const lost = (error: DomainError) => onZoneEvent?.({ kind: 'store-lost', error });
    const found = await whenStoreIsThere(() => zone.load(), clock, stop.signal, lost);
    if (found === undefined) return { served: 0, unusable: [] };
    if (ownName !== undefined) {
      const target = zone.nameOf(await zone.registerDelegation(ownName));
      await replace({ own: `${challengeName(parseCertificateName(ownName))}. 60 CNAME ${target}.` });
    }
    return found;
  };
  const loaded = load();
  const keepFresh = async (): Promise<void> => {
    for (;;) {
      try {
        return await zone.keepFresh(stop.signal, onZoneEvent);
      } catch (error) {
        // A fault in the program must not leave old values in DNS for ever.
        options.onFault?.(error);
        await clock.sleep(KEEP_FRESH_AGAIN, stop.signal).catch(() => {});
      }
    }
  };
  const fresh = loaded.then(keepFresh);
  // Whoever waits for `loaded` sees the failure; keeping fresh ends with it.
  fresh.catch(() => {});
  return {
    zone,
    names,
    dns,
    questions,
    loaded,
    replaceMoreZones: (zones) => replace({ moreZones: zones }),
    replaceRecords: (changed, others) => replace({ config: changed, otherZones: others }),
    async stop() {
      stop.abort();
      await dns.stop();
      await fresh.catch(() => {});
    },
  };
}

/**
 * A zone as dns/ serves it. Without NS records of its own the configured name server is named. `own`, a record of ours, gives way to
 * what the configuration has at that name.
 */
export function zoneOf(config: ZoneConfig, own?: string): ZoneOptions {
  const configured = config.records.map((line) => parseRecordLine(line));
  const ours = own === undefined ? [] : [parseRecordLine(own)];
  const taken = new Set(configured.map(({ name }) => name.toLowerCase()));
  const records = [...configured, ...ours.filter(({ name }) => !taken.has(name.toLowerCase()))];
  const hasNameServer = records.some(({ type, name }) => type === 'NS' && name.toLowerCase() === config.name);
  const nameServer = parseRecordLine(`${config.name}. 3600 NS ${config.nameserver}.`);
  return {
    origin: config.name,
    primary: config.nameserver,
    mailbox: config.mailbox,
    records: hasNameServer ? records : [nameServer, ...records],
    negativeTtl: config.negativeTtl,
  };
}
