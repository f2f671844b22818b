import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientBase, ClientConfig, Pool, PoolClient, QueryResult, QueryResultRow } from 'pg';
import { isBrokenConnection, storeUnavailable } from './postgres-fault.ts';

type Row = QueryResultRow;

/** One statement with its parameters; resolves to its rows. */
export type RunSql = (text: string, values?: readonly unknown[]) => Promise<Row[]>;

/** A PostgreSQL database. Everything rejects with DomainError `store-unavailable` when it cannot be reached in time. */
export interface PostgresDatabase {
  /** On any connection. */
  readonly run: RunSql;
  /**
   * In one transaction: all of it or none of it. When it rejects at the very end because the connection broke, nobody knows which.
   * `first` and `last` are statements without parameters that need no way of their own; `work` is given the rows of `first`.
   */
  transaction<T>(work: (run: RunSql, rows: readonly Row[]) => Promise<T>, frame?: TransactionFrame): Promise<T>;
  /** A connection beside the others, for who listens; it has to be ended. */
  connect(): Promise<PostgresConnection>;
  /** Connections are made anew: those that there are may lead nowhere. */
  forgetConnections(): void;
  close(): Promise<void>;
}

export interface TransactionFrame {
  readonly first?: string;
  readonly last?: string;
}

export interface PostgresConnection {
  readonly run: RunSql;
  /** `wake` is called when something was notified, with the channel, and when the connection has ended. */
  onWake(wake: (channel?: string) => void): void;
  end(): void;
}

/** Connections of one process, besides the one that listens. One writes; the others read. */
const MOST_CONNECTIONS = 5;
/** ms. */
const CONNECT_TIMEOUT = 3000;
/** How long one statement may take until its answer is here, in ms. */
const ANSWER_TIMEOUT = 5000;
/** How long connections may take to say good-bye, in ms: one that leads nowhere would take a quarter of an hour. */
const GOODBYE = 1000;

/**
 * PostgreSQL notices within a minute when we have vanished; COMMIT waits for the disk, whatever the server's default is; and no statement is
 * compiled, which takes longer than any of ours runs (since PostgreSQL 11, for what looks expensive: some hundred labels at a time do).
 */
const ON_CONNECT = `
  SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
  SELECT set_config('jit', 'off', false) WHERE current_setting('jit', true) IS NOT NULL;
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`;

/**
 * Locks are given up when we vanish in the middle of it, so that other nodes can go on. We always look for a few rows of many, so an index
 * is better than the planner may think.
 */
const BEGIN = `
  BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = 3000;
  SET LOCAL lock_timeout = 4000; SET LOCAL statement_timeout = 5000; SET LOCAL random_page_cost = 1;`;

/** Connects when first asked. The schema is as it is: see migratePostgres. */
export async function openPostgres(url: string): Promise<PostgresDatabase> {
  const { default: pg } = await import('pg');
  let pool = newPool();

  function newPool() {
    const { config, sockets } = watched(url);
    const created = new pg.Pool({
      ...config,
      max: MOST_CONNECTIONS,
      idleTimeoutMillis: 30_000,
      // The pool waits for it, whatever its types say.
      onConnect: (client) => prepare(client) as unknown as undefined,
    });
    // An idle connection that breaks is replaced when one is needed.
    created.on('error', () => {});
    return { pool: created, sockets };
  }

  return {
    run: (text, values) =>
      translating(async () => {
        // What may run twice, since all that is run outside of a transaction leads to the same then.
        const query = () => pool.pool.query(text, [...(values ?? [])]);
        return (await onGoodConnection(query)).rows;
      }),
    transaction: (work, frame) => inTransaction(pool.pool, work, frame),
    async connect() {
      const { config, sockets } = watched(url);
      const client = new pg.Client(config);
      let wake = (_channel?: string) => {};
      client.on('notification', ({ channel }) => wake(channel));
      for (const event of ['error', 'end'] as const) client.on(event, () => wake());
      const end = () => destroyAll(sockets);
      try {
        await client.connect();
        await prepare(client);
      } catch (error) {
        end();
        throw storeUnavailable(error);
      }
      return { run: runOn(client), onWake: (callback) => (wake = callback), end };
    },
    forgetConnections() {
      const old = pool;
      pool = newPool();
      void endPool(old);
    },
    close: () => endPool(pool),
  };
}

async function prepare(client: ClientBase): Promise<void> {
  await client.query(ON_CONNECT);
}

/** Its sockets are known, so that none can be waited for in vain. */
function watched(url: string): { config: ClientConfig; sockets: Set<Socket> } {
  const sockets = new Set<Socket>();
  const config: ClientConfig = {
    connectionString: url,
    application_name: 'evercert',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    query_timeout: ANSWER_TIMEOUT,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    stream: () => {
      const socket = new Socket();
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
  };
  return { config, sockets };
}

async function inTransaction<T>(
  pool: Pool,
  work: (run: RunSql, rows: readonly Row[]) => Promise<T>,
  { first = '', last = '' }: TransactionFrame = {},
): Promise<T> {
  const { client, begun } = await translating(() => onGoodConnection(() => begin(pool, first)));
  let usable = false;
  try {
    const result = await work(runOn(client), lastRows(begun));
    await client.query(`${last} COMMIT`);
    usable = true;
    return result;
  } catch (error) {
    usable = await rollBack(client);
    throw storeUnavailable(error);
  } finally {
    client.off('error', ignore);
    client.release(!usable);
  }
}

async function begin(pool: Pool, first: string): Promise<{ client: PoolClient; begun: unknown }> {
  const client = await pool.connect();
  client.on('error', ignore);
  try {
    return { client, begun: await client.query(`${BEGIN} ${first}`) };
  } catch (error) {
    client.off('error', ignore);
    client.release(true);
    throw error;
  }
}

/** Whoever waits for a statement hears of it as well. */
function ignore(): void {}

/** A connection of the pool may have ended without our knowing: then another one does it. */
async function onGoodConnection<T>(work: () => Promise<T>): Promise<T> {
  for (let left = MOST_CONNECTIONS; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left === 0 || !isBrokenConnection(error)) throw error;
    }
  }
}

/** Of the last of several statements that were sent in one text. */
function lastRows(results: unknown): readonly Row[] {
  return (Array.isArray(results) ? (results as QueryResult[]).at(-1)?.rows : undefined) ?? [];
}

/** Whether the connection can be used again. */
async function rollBack(client: ClientBase): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

function runOn(client: ClientBase): RunSql {
  return (text, values) => translating(async () => (await client.query(text, [...(values ?? [])])).rows);
}

async function translating<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeUnavailable(error);
  }
}

async function endPool({ pool, sockets }: { pool: Pool; sockets: Set<Socket> }): Promise<void> {
  const ended = pool.end().catch(() => {});
  const cancel = new AbortController();
  await Promise.race([ended, delay(GOODBYE, undefined, { signal: cancel.signal }).catch(() => {})]);
  cancel.abort();
  destroyAll(sockets);
}

function destroyAll(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.destroy();
}
