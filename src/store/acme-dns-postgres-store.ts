import type { AccountStore } from '../acmedns/ports.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import { createAcmeDnsMirror } from './acme-dns-mirror.ts';
import type { AcmeDnsTables } from './acme-dns-postgres.ts';
import { createPostgresAccountStore } from './postgres-account-store.ts';
import type { PostgresDatabase } from './postgres-database.ts';
import { createWriteQueue } from './postgres-write-queue.ts';

/** How often it is looked for what acme-dns has written, in ms; a look that takes long makes for a longer pause. */
const LOOK_EVERY = 1000;
const PAUSE_FACTOR = 20;
/** Accounts or labels taken over in one transaction. */
const PAGE = 1000;

/**
 * Accounts, TXT values and delegations in the PostgreSQL database of acme-dns, where acme-dns can go on at any time, and may run on other
 * nodes meanwhile. All is in our own schema, and what acme-dns knows is in its tables as well. `tables` comes from prepareAcmeDnsTables.
 */
export function createAcmeDnsPostgresStore(
  database: PostgresDatabase,
  tables: AcmeDnsTables,
  clock: Clock = systemClock,
): AccountStore {
  const queue = createWriteQueue(database, createAcmeDnsMirror(tables));
  const store = createPostgresAccountStore(database, clock, queue);
  const differing = `
    SELECT coalesce(there.username, seen.username) AS name
    FROM ${tables.records} AS there FULL JOIN evercert.acme_dns_records AS seen ON seen.username = there.username
    WHERE (there.username, there.password, there.subdomain, there.allowfrom)
      IS DISTINCT FROM (seen.username, seen.password, seen.subdomain, seen.allowfrom)`;
  const differingLabels = `
    SELECT DISTINCT unnest(ARRAY[there.subdomain, seen.subdomain]) AS name
    FROM ${tables.txt} AS there FULL JOIN evercert.acme_dns_txt AS seen ON seen.rowid = there.rowid
    WHERE (there.rowid, there.subdomain, there.value, there.lastupdate)
      IS DISTINCT FROM (seen.rowid, seen.subdomain, seen.value, seen.lastupdate)`;

  /** Takes over all that acme-dns has written: the mirror does it for whatever a change is about. */
  async function takeOver(): Promise<void> {
    await takePages(differing, (usernames) => queue.change({ usernames }, () => {}));
    await takePages(differingLabels, (labels) => queue.change({ labels }, () => {}));
  }

  async function takePages(sql: string, take: (names: readonly string[]) => Promise<void>): Promise<void> {
    const rows = await database.run(sql);
    const names = rows.flatMap((row) => (typeof row['name'] === 'string' ? [row['name']] : []));
    for (let at = 0; at < names.length; at += PAGE) await take(names.slice(at, at + PAGE));
  }

  async function keepTakingOver(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const start = performance.now();
      await takeOver().catch((error: unknown) => {
        // That the store is away is told by who follows the changes.
        if (!(error instanceof DomainError)) throw error;
      });
      const took = performance.now() - start;
      await clock.sleep(Math.max(LOOK_EVERY, took * PAUSE_FACTOR), signal).catch(() => {});
    }
  }

  return {
    ...store,
    keepsBcrypt: true,
    async findAccount(username) {
      const found = await store.findAccount(username);
      if (found !== undefined) return found;
      // acme-dns may have made it just now, on another node.
      const [row] = await database.run(`SELECT 1 FROM ${tables.records} WHERE username = $1`, [username]);
      if (row === undefined) return undefined;
      await queue.change({ usernames: [username] }, () => {});
      return await store.findAccount(username);
    },
    async *names() {
      await takeOver();
      yield* store.names();
    },
    async *changesByOthers(signal) {
      const stop = new AbortController();
      const taking = keepTakingOver(AbortSignal.any([signal, stop.signal]));
      taking.catch(() => {});
      try {
        yield* store.changesByOthers(signal);
      } finally {
        stop.abort();
        await taking.catch(() => {});
      }
    },
  };
}
