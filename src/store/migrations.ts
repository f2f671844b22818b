/** Forward only: an entry that was released is never edited. The index + 1 is SQLite's user_version. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE accounts (
    username   TEXT PRIMARY KEY,               -- uuid, lower case
    password   BLOB NOT NULL,                  -- SHA-256 of the 40-character key
    subdomain  TEXT NOT NULL UNIQUE,
    allow_from TEXT NOT NULL DEFAULT '[]',     -- JSON array of CIDR
    created_at INTEGER NOT NULL                -- ms since the epoch, as every *_at
  ) WITHOUT ROWID;

  CREATE TABLE txt (
    subdomain  TEXT NOT NULL,
    value      TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    held       INTEGER NOT NULL,               -- 1: put there by an order of our own, which takes it away again
    PRIMARY KEY (subdomain, value)
  ) WITHOUT ROWID;

  CREATE TABLE delegations (                   -- which label of ours answers for which domain
    domain     TEXT PRIMARY KEY,
    subdomain  TEXT NOT NULL UNIQUE
  ) WITHOUT ROWID;

  CREATE TABLE orders (                        -- orders in flight; record is JSON with the private key: the file is 0600
    certificate TEXT PRIMARY KEY,
    record      TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE attempts (
    certificate TEXT PRIMARY KEY,
    record      TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE certificates (                  -- wanted by "evercert issue", beside those of the config file
    certificate TEXT PRIMARY KEY,
    record      TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE renewals (                      -- the instant chosen for the next renewal of the certificate with this serial
    certificate TEXT PRIMARY KEY,
    record      TEXT NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  -- A password that is TEXT is bcrypt, as acme-dns kept it, until its owner uses it.
  ALTER TABLE accounts ADD COLUMN last_update_at INTEGER;

  CREATE TABLE changes (                       -- which label changed when, for other processes; the oldest are deleted
    version    INTEGER PRIMARY KEY,
    subdomain  TEXT NOT NULL
  );
  `,
];
