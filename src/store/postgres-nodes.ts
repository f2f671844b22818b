import { randomUUID } from 'node:crypto';
import { systemClock } from '../core/clock.ts';
import type { PostgresDatabase, RunSql } from './postgres-database.ts';

/** What wakes every node to say how far it has come. */
export const REPORT_CHANNEL = 'evercert_report';

/** A node that has said nothing for so long is not waited for, in ms. By the clock of PostgreSQL. */
const SILENT = 5000;
/** A node that says nothing new is not waited for any longer than this, in ms. */
const PATIENCE = 3000;
const LOOK_EVERY = 10;
/** So often a node says how far it has come without being asked, in ms. */
export const REPORT_EVERY = 1000;

/** How far each process that serves from the same database has come in the changes. */
export interface PostgresNodes {
  /** This process has been told all up to this version. */
  report(run: RunSql, told: number): Promise<void>;
  /** It serves no more. */
  leave(run: RunSql): Promise<void>;
  /** Resolves when all have been told of this version; or when one of them does not get there in time. */
  untilTold(version: number): Promise<void>;
}

export function createPostgresNodes(database: PostgresDatabase): PostgresNodes {
  const node = randomUUID();

  async function isTold(version: number): Promise<boolean> {
    const [row] = await database.run(
      `SELECT min(told) AS told FROM evercert.nodes WHERE seen_at > clock_timestamp() - $1 * interval '1 millisecond'`,
      [SILENT],
    );
    return row?.['told'] === null || Number(row?.['told']) >= version;
  }

  return {
    async report(run, told) {
      await run(
        `INSERT INTO evercert.nodes (node, told, seen_at) VALUES ($1, $2, clock_timestamp())
         ON CONFLICT (node) DO UPDATE SET told = excluded.told, seen_at = excluded.seen_at`,
        [node, told],
      );
    },
    async leave(run) {
      await run(`DELETE FROM evercert.nodes WHERE node = $1 OR seen_at < clock_timestamp() - interval '1 day'`, [node]);
    },
    async untilTold(version) {
      if (await isTold(version)) return;
      await database.run(`SELECT pg_notify($1, '')`, [REPORT_CHANNEL]);
      const { signal } = new AbortController();
      for (const end = performance.now() + PATIENCE; performance.now() < end;) {
        if (await isTold(version)) return;
        await systemClock.sleep(LOOK_EVERY, signal);
      }
    },
  };
}
