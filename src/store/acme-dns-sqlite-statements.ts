import type { DatabaseSync } from 'node:sqlite';

const LABELS = 'WHERE subdomain > ? ORDER BY subdomain LIMIT ?';
/** By names, in lower case: a file that acme-dns has upgraded from its first version still has columns of that one. */
const SLOT = 'SELECT rowid AS id, Subdomain AS subdomain, Value AS value, LastUpdate AS last_update FROM txt';
const KEPT = 'SELECT subdomain, value, updated_at, held, in_slot FROM evercert_txt';
const ACCOUNT = `
  SELECT r.Username AS username, r.Password AS password, r.Subdomain AS subdomain, r.AllowFrom AS allow_from, b.created_at, b.last_update_at,
    (SELECT max(LastUpdate) FROM txt WHERE Subdomain = r.Subdomain) AS newest_slot
  FROM records r LEFT JOIN evercert_accounts b ON b.username = r.Username`;

/** Every statement on a database of acme-dns in SQLite. */
export function prepareAcmeDnsStatements(database: DatabaseSync) {
  return {
    addAccount: database.prepare('INSERT INTO records (Username, Password, Subdomain, AllowFrom) VALUES (?, ?, ?, ?)'),
    findAccount: database.prepare(`${ACCOUNT} WHERE r.Username = ?`),
    findByLabel: database.prepare(`${ACCOUNT} WHERE r.Subdomain = ?`),
    accountsAfter: database.prepare(`${ACCOUNT} WHERE r.Username > ? ORDER BY r.Username LIMIT ?`),
    setPassword: database.prepare('UPDATE records SET Password = ? WHERE Username = ?'),
    setAllowFrom: database.prepare('UPDATE records SET AllowFrom = ? WHERE Username = ?'),
    deleteAccount: database.prepare('DELETE FROM records WHERE Username = ?'),
    putBeside: database.prepare(
      'INSERT OR REPLACE INTO evercert_accounts (username, created_at, last_update_at) VALUES (?, ?, ?)',
    ),
    deleteBeside: database.prepare('DELETE FROM evercert_accounts WHERE username = ?'),
    noteUpdate: database.prepare(`
      INSERT INTO evercert_accounts (username, created_at, last_update_at) SELECT Username, 0, ?1 FROM records WHERE Subdomain = ?2
      ON CONFLICT (username) DO UPDATE SET last_update_at = ?1`),
    findSlots: database.prepare(`${SLOT} WHERE Subdomain = ? ORDER BY rowid`),
    // In the order of the index, which has the rows of a label in theirs; to ask for that of rowid would be a walk through all of the table.
    slotsBetween: database.prepare(`${SLOT} WHERE Subdomain > ? AND Subdomain <= ? ORDER BY Subdomain`),
    addSlot: database.prepare('INSERT INTO txt (Subdomain, Value, LastUpdate) VALUES (?, ?, ?)'),
    setSlot: database.prepare('UPDATE txt SET Value = ?, LastUpdate = ? WHERE rowid = ?'),
    deleteAllSlots: database.prepare('DELETE FROM txt WHERE Subdomain = ?'),
    findKept: database.prepare(`${KEPT} WHERE subdomain = ?`),
    keptBetween: database.prepare(`${KEPT} WHERE subdomain > ? AND subdomain <= ?`),
    putKept: database.prepare(
      'INSERT OR REPLACE INTO evercert_txt (subdomain, value, updated_at, held, in_slot) VALUES (?, ?, ?, ?, ?)',
    ),
    deleteKept: database.prepare('DELETE FROM evercert_txt WHERE subdomain = ? AND value = ?'),
    deleteAllKept: database.prepare('DELETE FROM evercert_txt WHERE subdomain = ?'),
    addDelegation: database.prepare('INSERT INTO evercert_delegations (domain, subdomain) VALUES (?, ?)'),
    findDelegation: database.prepare('SELECT subdomain FROM evercert_delegations WHERE domain = ?'),
    findDelegationLabel: database.prepare('SELECT 1 FROM evercert_delegations WHERE subdomain = ?'),
    deleteDelegation: database.prepare('DELETE FROM evercert_delegations WHERE domain = ?'),
    accountLabels: database.prepare(`SELECT Subdomain AS subdomain FROM records ${LABELS}`),
    delegationLabels: database.prepare(`SELECT subdomain FROM evercert_delegations ${LABELS}`),
  };
}
