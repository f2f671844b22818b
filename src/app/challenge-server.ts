import { createChallengeZone } from '../acmedns/challenge-zone.ts';
import type { ChallengeZone, LoadedNames } from '../acmedns/challenge-zone.ts';
import type { AccountStore } from '../acmedns/ports.ts';
import type { ZoneConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { createNameTable } from '../dns/name-table.ts';
import type { NameTable } from '../dns/name-table.ts';
import { parseRecordLine } from '../dns/record-line.ts';
import { startDnsServer } from '../dns/server.ts';
import type { DnsServer, DnsServerOptions } from '../dns/server.ts';
import type { ZoneOptions } from '../dns/zone.ts';
import { createQuestionHub } from './question-hub.ts';
import type { QuestionHub } from './question-hub.ts';

export interface ChallengeServerOptions extends Omit<DnsServerOptions, 'names' | 'onAsked' | 'zones'> {
  readonly zone: ZoneConfig;
  /** Served beside the challenge zone, as the demo's provider zone is. */
  readonly moreZones?: readonly ZoneOptions[];
  readonly store: AccountStore;
  readonly clock: Clock;
}

/** The challenge zone with the DNS server that answers for it. */
export interface ChallengeServer {
  readonly zone: ChallengeZone;
  readonly names: NameTable;
  readonly dns: DnsServer;
  readonly questions: QuestionHub;
  /** Resolves when every stored name is served; until then, names that are not loaded yet get SERVFAIL. */
  readonly loaded: Promise<LoadedNames>;
  replaceMoreZones(zones: readonly ZoneOptions[]): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when DNS answers. @throws what startDnsServer throws */
export async function startChallengeServer(options: ChallengeServerOptions): Promise<ChallengeServer> {
  const { zone: config, moreZones = [], store, clock, ...server } = options;
  const names = createNameTable({ clock });
  const zone = createChallengeZone({ origin: config.name, names, store, clock });
  const questions = createQuestionHub();
  const challengeZone = zoneOf(config);
  const dns = await startDnsServer({
    ...server,
    zones: [challengeZone, ...moreZones],
    names,
    onAsked: questions.onAsked,
  });
  const stop = new AbortController();
  const loaded = zone.load();
  const fresh = loaded.then(() => zone.keepFresh(stop.signal));
  // Whoever waits for `loaded` sees the failure; keeping fresh ends with it.
  fresh.catch(() => {});
  return {
    zone,
    names,
    dns,
    questions,
    loaded,
    replaceMoreZones: (zones) => dns.replaceZones([challengeZone, ...zones]),
    async stop() {
      stop.abort();
      await dns.stop();
      await fresh.catch(() => {});
    },
  };
}

/** The challenge zone as dns/ serves it. Without NS records of its own the configured name server is named. */
export function zoneOf(config: ZoneConfig): ZoneOptions {
  const records = config.records.map((line) => parseRecordLine(line));
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
