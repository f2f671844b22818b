import * as z from 'zod/mini';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import type { PostgresDatabase } from './postgres-database.ts';

const keptAccount = z.object({
  fulldomain: z.string(),
  subdomain: z.string(),
  username: z.string(),
  password: z.string(),
  server_url: z.optional(z.string()),
});
type KeptAccount = z.infer<typeof keptAccount>;

/**
 * Accounts that clients keep here (lego's HTTP storage), for all nodes: by the user of the storage, and by domain. What resolved is
 * durable. @throws DomainError `store-unavailable`, `store-damaged` from every method
 */
export function createPostgresKeptAccounts(database: PostgresDatabase) {
  return {
    async list(user: string): Promise<Record<string, KeptAccount>> {
      const rows = await database.run('SELECT domain, account FROM evercert.kept_accounts WHERE owner = $1', [user]);
      return Object.fromEntries(rows.map((row) => [String(row['domain']), parse(String(row['account']))]));
    },
    async fetch(user: string, domain: DomainName): Promise<KeptAccount | undefined> {
      const where = 'WHERE owner = $1 AND domain = $2';
      const [row] = await database.run(`SELECT account FROM evercert.kept_accounts ${where}`, [user, domain]);
      return row && parse(String(row['account']));
    },
    async put(user: string, domain: DomainName, account: KeptAccount): Promise<void> {
      await database.run(
        `INSERT INTO evercert.kept_accounts (owner, domain, account) VALUES ($1, $2, $3)
         ON CONFLICT (owner, domain) DO UPDATE SET account = excluded.account`,
        [user, domain, JSON.stringify(account)],
      );
    },
    async remove(user: string, domain: DomainName): Promise<boolean> {
      const where = 'WHERE owner = $1 AND domain = $2';
      const rows = await database.run(`DELETE FROM evercert.kept_accounts ${where} RETURNING domain`, [user, domain]);
      return rows.length > 0;
    },
  };
}

function parse(text: string): KeptAccount {
  try {
    return keptAccount.parse(JSON.parse(text));
  } catch {
    const message =
      'an account in the table evercert.kept_accounts cannot be read; restore a backup, or delete its row';
    throw new DomainError('store-damaged', message);
  }
}
