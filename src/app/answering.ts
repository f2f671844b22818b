import { createChallengeZone } from '../acmedns/challenge-zone.ts';
import type { LoadedConfig, ZoneConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import { createAuthoritativeValues } from '../dns01/authoritative-values.ts';
import { createLocalPresenter } from '../dns01/local-presenter.ts';
import type { DelegationCheckerOptions } from '../dns01/delegation.ts';
import { createNameTable } from '../dns/name-table.ts';
import type { NameServer } from '../dns/query.ts';
import type { ZoneOptions } from '../dns/zone.ts';
import type { Presenter } from '../issuance/ports.ts';
import type { WatchQuestions } from '../issuance/question-watch.ts';
import { startChallengeServer } from './challenge-server.ts';
import type { ChallengeServer } from './challenge-server.ts';
import { nobodyAnswers } from './check-answering.ts';
import { SERVE_LOCK } from './data-folder.ts';
import type { DataFolder } from './data-folder.ts';
import { dnsOptions } from './dns-options.ts';
import { delegationOptions, remotePresenter } from './presenter.ts';
import { standBy } from './stand-by.ts';
import { untilServed } from './until-served.ts';

/** Who answers the challenges, and how delegations to it are looked at. */
export interface Answering {
  readonly presenter: Presenter;
  readonly look: DelegationCheckerOptions;
  /** Only a DNS server in this process can tell what the CA asks. */
  readonly watchQuestions: WatchQuestions | undefined;
  stop(): Promise<void>;
}

/**
 * Somebody's acme-dns server when the configuration names one; else a DNS server in this process; else, when `evercert serve` runs on the
 * same data folder, that one.
 * @throws DomainError `invalid-config` when nobody would answer; `port-in-use`, `port-forbidden`
 */
export async function openAnswering(loaded: LoadedConfig, folder: DataFolder, clock: Clock): Promise<Answering> {
  const { config } = loaded;
  if (config.dns01.acmeDns !== undefined) return answerRemotely(loaded, clock);
  if (config.zone === undefined) throw nobodyAnswers();
  const lock = folder.tryLock(SERVE_LOCK);
  if (lock === undefined) return answerThroughServe(loaded, config.zone, folder, clock);
  try {
    const server = await startChallengeServer({
      ...dnsOptions(loaded),
      zone: config.zone,
      store: folder.zoneStore,
      clock,
    });
    await server.loaded;
    const answering = await answerHere(loaded, server, clock);
    return {
      ...answering,
      async stop() {
        await server.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A challenge server of this process answers. `stop` is left to whoever started it. */
export async function answerHere(
  loaded: LoadedConfig,
  server: ChallengeServer,
  clock: Clock,
  moreZones: readonly ZoneOptions[] = [],
): Promise<Answering> {
  const own = reachable(server.dns.addresses);
  const zones = [server.zone.origin, ...moreZones.map(({ origin }) => origin)];
  return {
    presenter: createLocalPresenter({ zone: server.zone }),
    look: await delegationOptions(loaded, clock, { zones, server: own }),
    watchQuestions: server.questions.watch,
    stop: async () => {},
  };
}

async function answerRemotely(loaded: LoadedConfig, clock: Clock): Promise<Answering> {
  const look = await delegationOptions(loaded, clock);
  const presenter = remotePresenter(loaded, look);
  if (presenter === undefined) throw nobodyAnswers();
  return { presenter, look, watchQuestions: undefined, stop: () => presenter.close() };
}

/** Another process of ours serves the zone from the same database: what is written there it serves, a moment later. When it ends, we do. */
async function answerThroughServe(
  loaded: LoadedConfig,
  config: ZoneConfig,
  folder: DataFolder,
  clock: Clock,
): Promise<Answering> {
  const names = createNameTable({ clock });
  const zone = createChallengeZone({ origin: config.name, names, store: folder.zoneStore, clock });
  const server = reachable(loaded.config.dns.listeners);
  const look = await delegationOptions(loaded, clock, { zones: [config.name], server });
  const presenter = untilServed(createLocalPresenter({ zone }), createAuthoritativeValues(look), clock);
  const { stop } = standBy(loaded, config, clock);
  return { presenter, look, watchQuestions: undefined, stop };
}

/** An address of ours as this machine reaches it. */
function reachable(listeners: readonly NameServer[]): NameServer {
  const [first] = listeners;
  if (first === undefined)
    throw new DomainError('invalid-config', '[dns] listen is empty: name an address, as in "0.0.0.0:53"');
  const { address, port } = first;
  if (address === '0.0.0.0') return { address: '127.0.0.1', port };
  return address === '::' ? { address: '::1', port } : { address, port };
}
