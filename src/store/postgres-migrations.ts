import { DomainError } from '../core/error.ts';
import type { PostgresDatabase } from './postgres-database.ts';

/** Any number of ours: two nodes that start at the same time change the schema one after the other. */
const LOCK = 4_832_117_001;

/** All that is ours is in a schema of our own, so it may share a database, also with acme-dns. */
const PREPARE = `
  DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'evercert') THEN CREATE SCHEMA evercert; END IF;
  END $$;
  CREATE TABLE IF NOT EXISTS evercert.migrations (
    version    integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;

/** Forward only: an entry that was released is never edited. */
const migrations: readonly string[] = [
  `
  -- Labels and the like are compared octet by octet, whatever the language of the database is.
  CREATE TABLE evercert.accounts (
    username       text COLLATE "C" PRIMARY KEY,        -- uuid, lower case
    key_kind       text NOT NULL CHECK (key_kind IN ('sha256', 'bcrypt')),
    key_hash       bytea NOT NULL,                      -- SHA-256 of the 40-character key, or the text of bcrypt
    subdomain      text COLLATE "C" NOT NULL UNIQUE,
    allow_from     text NOT NULL DEFAULT '[]',          -- JSON array of CIDR
    created_at     bigint NOT NULL,                     -- ms since the epoch, as every *_at
    last_update_at bigint
  );

  CREATE TABLE evercert.txt (
    subdomain      text COLLATE "C" NOT NULL,
    value          text COLLATE "C" NOT NULL,
    updated_at     bigint NOT NULL,
    held           boolean NOT NULL,                    -- put there by an order of our own, which takes it away again
    PRIMARY KEY (subdomain, value)
  );

  CREATE TABLE evercert.delegations (                   -- which label of ours answers for which domain
    domain         text COLLATE "C" PRIMARY KEY,
    subdomain      text COLLATE "C" NOT NULL UNIQUE
  );

  -- One row. Whoever changes a label takes it first and has it until COMMIT: so versions become visible in their own order, and who
  -- has read all up to one version has missed nothing.
  CREATE TABLE evercert.clock (
    one            boolean PRIMARY KEY DEFAULT true CHECK (one),
    version        bigint NOT NULL DEFAULT 0,
    pruned         bigint NOT NULL DEFAULT 0            -- changes up to this version are no longer in the table below
  );
  INSERT INTO evercert.clock DEFAULT VALUES;

  CREATE TABLE evercert.changes (                       -- which label changed when; the oldest are deleted
    version        bigint PRIMARY KEY,
    subdomain      text COLLATE "C" NOT NULL
  );

  CREATE TABLE evercert.orders       (certificate text COLLATE "C" PRIMARY KEY, record text NOT NULL);  -- with the private key
  CREATE TABLE evercert.attempts     (certificate text COLLATE "C" PRIMARY KEY, record text NOT NULL);
  CREATE TABLE evercert.certificates (certificate text COLLATE "C" PRIMARY KEY, record text NOT NULL);
  CREATE TABLE evercert.renewals     (certificate text COLLATE "C" PRIMARY KEY, record text NOT NULL);
  CREATE TABLE evercert.issued       (certificate text COLLATE "C" PRIMARY KEY, record text NOT NULL);  -- with the private key

  CREATE TABLE evercert.acme_accounts (
    ca             text COLLATE "C" PRIMARY KEY,        -- directory URL
    private_key    text NOT NULL,
    url            text
  );

  -- How far each process that serves has come in the changes. Nothing is lost with it: each says so again within a second.
  CREATE UNLOGGED TABLE evercert.nodes (
    node           text PRIMARY KEY,
    told           bigint NOT NULL,
    seen_at        timestamptz NOT NULL
  );

  CREATE TABLE evercert.leases (                        -- which process works on what
    name           text COLLATE "C" PRIMARY KEY,
    holder         text NOT NULL,
    node           text NOT NULL,
    expires_at     timestamptz NOT NULL
  );
  `,
  `
  CREATE TABLE evercert.kept_accounts (                 -- what clients keep here (lego's HTTP storage); account is JSON with the password
    owner          text COLLATE "C" NOT NULL,           -- user of the storage
    domain         text COLLATE "C" NOT NULL,
    account        text NOT NULL,
    PRIMARY KEY (owner, domain)
  );
  `,
];

/** Brings the schema up to date. @throws DomainError `store-unavailable`, `store-too-new` */
export async function migratePostgres(database: PostgresDatabase): Promise<void> {
  await database.transaction(
    async (run) => {
      const [row] = await run('SELECT coalesce(max(version), 0) AS version FROM evercert.migrations');
      const current = Number(row?.['version']);
      if (current > migrations.length) {
        const message = 'the PostgreSQL database was written by a newer evercert; start that version';
        throw new DomainError('store-too-new', message);
      }
      for (const [index, migration] of migrations.entries()) {
        if (index < current) continue;
        await run(migration);
        await run('INSERT INTO evercert.migrations (version) VALUES ($1)', [index + 1]);
      }
    },
    { first: `SELECT pg_advisory_xact_lock(${LOCK}); ${PREPARE};` },
  );
}
