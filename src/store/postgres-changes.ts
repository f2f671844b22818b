import { randomUUID } from 'node:crypto';
import type { QueryResultRow } from 'pg';
import type { RemovedName, StoreChange, StoredName } from '../acmedns/ports.ts';
import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import type { PostgresConnection, PostgresDatabase, RunSql } from './postgres-database.ts';
import { sqlState, storeUnavailable } from './postgres-fault.ts';
import { toTxtRows, txtColumn } from './postgres-rows.ts';
import { type PostgresNodes, REPORT_CHANNEL, REPORT_EVERY } from './postgres-nodes.ts';
import { CHANNEL } from './postgres-write-queue.ts';

/** Changes told at a time. */
const PAGE = 4096;
/** The longest that nothing is asked for, in ms. A notification is only a hint to ask at once: it may get lost. */
const ASK_EVERY = 200;
/** How long an answer may take before nothing is known any more, in ms. */
const ANSWER_TIMEOUT = 2000;
/** The pause before another try to connect, in ms. */
const CONNECT_AGAIN = 250;

/** The log of changes in PostgreSQL, followed on a connection of its own. */
export interface PostgresChanges {
  /** What follow tells of begins at this version. */
  begin(version: number): void;
  follow(signal: AbortSignal): AsyncIterable<StoreChange>;
}

export function createPostgresChanges(database: PostgresDatabase, nodes: PostgresNodes, clock: Clock): PostgresChanges {
  /** All that happened up to this version has been told. */
  let told: number | undefined;
  /** Of which history that is: a server that was restored, or that has taken another's place, may have lost some of it. */
  let history: string | undefined;

  async function* followOn(connection: PostgresConnection, signal: AbortSignal): AsyncGenerator<StoreChange> {
    const wakeUp = createWakeUp(signal);
    let isAsked = true;
    connection.onWake((channel) => {
      if (channel === REPORT_CHANNEL) isAsked = true;
      wakeUp.wake();
    });
    const ask = <T>(work: Promise<T>) => inTime(work, clock);
    const current = await ask(historyOf(connection.run));
    // Behind some connection poolers nothing can be listened to; asking does as well, a little later.
    await ask(connection.run(`LISTEN ${CHANNEL}; LISTEN ${REPORT_CHANNEL}`)).catch(() => {});
    const [now] = await ask(connection.run('SELECT version FROM evercert.clock'));
    if (told !== undefined && history !== undefined && current !== history) yield { kind: 'reload' };
    history = current;
    told ??= Number(now?.['version']);
    let reportedAt = -Infinity;
    for (let first = true; !signal.aborted; first = false) {
      const asleep = wakeUp.next();
      const [state] = await ask(connection.run('SELECT version, pruned FROM evercert.clock'));
      const [version, pruned] = [Number(state?.['version']), Number(state?.['pruned'])];
      if (version < told || pruned > told) yield { kind: 'reload' };
      const isBehind = version > told;
      if (isBehind) {
        const change = changeOf(await ask(connection.run(CHANGED, [told, PAGE])));
        if (change.kind === 'changed') told = change.upTo;
        yield change;
      } else if (first) {
        yield { kind: 'changed', upTo: told, names: [], removed: [] };
      }
      // What was told is served by now.
      if (isAsked || performance.now() - reportedAt > REPORT_EVERY) {
        isAsked = false;
        reportedAt = performance.now();
        await ask(nodes.report(connection.run, told));
      }
      if (!isBehind) await Promise.race([asleep, clock.sleep(ASK_EVERY, signal).catch(() => {})]);
    }
  }

  return {
    begin(version) {
      told = version;
    },
    async *follow(signal) {
      let lost = false;
      while (!signal.aborted) {
        let connection: PostgresConnection | undefined;
        try {
          connection = await database.connect();
          for await (const change of followOn(connection, signal)) {
            lost = false;
            yield change;
          }
        } catch (error) {
          if (signal.aborted) return;
          if (!lost) {
            database.forgetConnections();
            yield { kind: 'lost', error: storeUnavailable(error) };
          }
          lost = true;
          await clock.sleep(CONNECT_AGAIN, signal).catch(() => {});
        } finally {
          if (connection !== undefined && signal.aborted)
            await inTime(nodes.leave(connection.run), clock).catch(() => {});
          connection?.end();
        }
      }
    },
  };
}

/**
 * Which server it is, and which line of its history: a new one begins when a standby takes over. Where that may not be asked, each connection
 * counts as another one.
 */
async function historyOf(run: RunSql): Promise<string> {
  const [row] = await run('SELECT pg_is_in_recovery() AS standby');
  if (row?.['standby'] === true) {
    const message =
      'PostgreSQL is a standby there, which cannot be written to; wait until it takes over, or give another address';
    throw new DomainError('store-unavailable', message, { retry: { kind: 'backoff' } });
  }
  const asked = run(
    `SELECT system_identifier || '/' || pg_walfile_name(pg_current_wal_lsn()) AS id FROM pg_control_system()`,
  );
  const known = await asked.catch((error: unknown) => {
    if (error instanceof DomainError && sqlState(error.cause) !== undefined) return undefined;
    throw error;
  });
  const [system, file] = String(known?.[0]?.['id'] ?? '').split('/');
  return file === undefined ? randomUUID() : `${system}/${file.slice(0, 8)}`;
}

/** One statement sees one moment: the labels are as they were at the version `now`. */
const CHANGED = `
  WITH page AS (SELECT version, subdomain FROM evercert.changes WHERE version > $1 ORDER BY version LIMIT $2),
    changed AS (SELECT DISTINCT subdomain FROM page)
  SELECT changed.subdomain, ${txtColumn('changed.subdomain')},
    EXISTS (SELECT FROM evercert.accounts WHERE subdomain = changed.subdomain)
      OR EXISTS (SELECT FROM evercert.delegations WHERE subdomain = changed.subdomain) AS there,
    (SELECT version FROM evercert.clock) AS now,
    (SELECT count(*) FROM page) AS read,
    (SELECT max(version) FROM page) AS last
  FROM changed`;

function changeOf(found: readonly QueryResultRow[]): StoreChange {
  const [first] = found;
  // The changes were deleted in this very moment.
  if (first === undefined) return { kind: 'reload' };
  const version = Number(first['now']);
  const upTo = Number(first['read']) < PAGE ? version : Number(first['last']);
  const names: StoredName[] = [];
  const removed: RemovedName[] = [];
  for (const row of found) {
    const subdomain = String(row['subdomain']);
    if (row['there'] === true) names.push({ subdomain, rows: toTxtRows(row), version });
    else removed.push({ subdomain, version });
  }
  return { kind: 'changed', upTo, names, removed };
}

async function inTime<T>(work: Promise<T>, clock: Clock): Promise<T> {
  const over = new AbortController();
  const limit = clock.sleep(ANSWER_TIMEOUT, over.signal).then((): never => {
    throw new DomainError('store-unavailable', 'PostgreSQL does not answer', { retry: { kind: 'backoff' } });
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    over.abort();
    limit.catch(() => {});
    work.catch(() => {});
  }
}

/** Something that is waited for again and again. A wake-up between two waits is not lost. */
function createWakeUp(signal: AbortSignal): { wake: () => void; next: () => Promise<void> } {
  let current = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => current.resolve(), { once: true });
  return {
    wake: () => current.resolve(),
    next() {
      current = Promise.withResolvers();
      return current.promise;
    },
  };
}
