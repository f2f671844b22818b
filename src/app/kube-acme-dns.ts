import type { ZoneConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import type { Listener } from '../dns/listener.ts';
import { createNameTable } from '../dns/name-table.ts';
import type { NameServer } from '../dns/query.ts';
import { startDnsServer } from '../dns/server.ts';
import type { WatchQuestions } from '../issuance/question-watch.ts';
import { serveChallenges } from '../kube/acme/served-challenges.ts';
import type { ServedChallenges } from '../kube/acme/served-challenges.ts';
import type { Informer } from '../kube/api/informer.ts';
import type { Challenge } from '../kube/schema/challenge.ts';
import { zoneOf } from './challenge-server.ts';
import { createQuestionHub } from './question-hub.ts';

export interface KubeDnsOptions {
  readonly listeners: readonly Listener[];
  readonly zone: ZoneConfig;
  /** Threads that answer; 0: this one does. */
  readonly workers: number;
  readonly challenges: Informer<Challenge>;
  /** Resolves when the other replicas serve a value too. */
  readonly everywhere: KubeDns['everywhere'];
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
}

/** The challenge zone that this process serves, from the Challenge objects. */
export interface KubeDns {
  readonly zone: DomainName;
  /** Where it answers, as this machine reaches it. */
  readonly at: NameServer;
  readonly served: ServedChallenges;
  readonly watchQuestions: WatchQuestions;
  readonly everywhere: (target: DomainName, value: string, signal: AbortSignal) => Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when DNS answers. @throws what startDnsServer throws */
export async function startKubeDns(options: KubeDnsOptions): Promise<KubeDns> {
  const { zone, listeners, workers, challenges, everywhere, clock, onFault } = options;
  const names = createNameTable({ clock });
  const served = serveChallenges(challenges, names, zone.name);
  const questions = createQuestionHub();
  const dns = await startDnsServer({
    listeners,
    zones: [zoneOf(zone)],
    names,
    workers,
    onAsked: questions.onAsked,
    onFault,
  });
  const [first] = dns.addresses;
  return {
    zone: zone.name,
    at: { address: reachable(first?.address ?? '127.0.0.1'), port: first?.port ?? 53 },
    served,
    watchQuestions: questions.watch,
    everywhere,
    async stop() {
      served.stop();
      await dns.stop();
    },
  };
}

function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}
