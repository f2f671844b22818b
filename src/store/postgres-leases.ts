import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import type { PostgresDatabase } from './postgres-database.ts';

/** A name that one process of all nodes has at a time. */
export interface Lease {
  /** Aborts when the lease may have ended: whoever works under it has to stop. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface Leases {
  /**
   * undefined when another node has it. The caller must be the only one on this node who can ask for the name: what this node had before
   * is taken over at once, since whoever had it must have ended.
   */
  tryLease(name: string): Promise<Lease | undefined>;
}

export interface LeasesOptions {
  readonly database: PostgresDatabase;
  readonly clock: Clock;
  /** The same after a restart, and of no other node. */
  readonly node: string;
}

/** How long a node that has vanished keeps others from going on, in ms. By the clock of PostgreSQL. */
const LASTS = 20_000;
const RENEW_EVERY = 4000;
/** After this long without a renewal the holder stops by itself, before anybody else may begin. By our own clock. */
const TRUSTED_FOR = 14_000;

/** A row each, since the locks of a connection end with it, or do not end when the network swallows the news. */
export function createPostgresLeases({ database, clock, node }: LeasesOptions): Leases {
  async function keep(name: string, holder: string, ended: AbortSignal, lose: (reason: DomainError) => void) {
    let renewedAt = performance.now();
    while (!ended.aborted) {
      await clock.sleep(RENEW_EVERY, ended).catch(() => {});
      if (ended.aborted) return;
      const asked = performance.now();
      try {
        const rows = await database.run(RENEW, [name, holder, LASTS]);
        if (rows.length === 0) return lose(lostLease(name, 'another node has taken it over'));
        renewedAt = asked;
      } catch {
        if (performance.now() - renewedAt > TRUSTED_FOR - RENEW_EVERY)
          return lose(lostLease(name, 'PostgreSQL could not be reached'));
      }
    }
  }

  return {
    async tryLease(name) {
      const holder = randomUUID();
      const taken = await database.run(TAKE, [name, holder, node, LASTS]);
      if (taken.length === 0) return undefined;
      const ended = new AbortController();
      const lost = new AbortController();
      const kept = keep(name, holder, ended.signal, (reason) => lost.abort(reason));
      return {
        lost: lost.signal,
        async release() {
          ended.abort();
          await kept;
          // When it cannot be given back now, it ends by itself.
          await database
            .run('DELETE FROM evercert.leases WHERE name = $1 AND holder = $2', [name, holder])
            .catch(() => {});
        },
      };
    },
  };
}

const TAKE = `
  INSERT INTO evercert.leases AS held (name, holder, node, expires_at)
  VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, node = excluded.node, expires_at = excluded.expires_at
  WHERE held.node = excluded.node OR held.expires_at < clock_timestamp()
  RETURNING holder`;

const RENEW = `
  UPDATE evercert.leases SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
  WHERE name = $1 AND holder = $2 RETURNING holder`;

function lostLease(name: string, why: string): DomainError {
  return new DomainError(
    'lease-lost',
    `the work on ${name} was stopped, so that another node can go on with it: ${why}`,
    {
      retry: { kind: 'backoff' },
    },
  );
}
