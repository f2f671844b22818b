import type { AcmeAccountStore } from '../issuance/ports.ts';
import type { PostgresDatabase } from './postgres-database.ts';

/** ACME accounts that all nodes share, so that an order begun by one can be ended by another. Key and URL are replaced together. */
export function createPostgresAcmeAccountStore(database: PostgresDatabase): AcmeAccountStore {
  return {
    async loadAccount(ca) {
      const [row] = await database.run('SELECT private_key, url FROM evercert.acme_accounts WHERE ca = $1', [ca]);
      if (row === undefined) return undefined;
      const url: unknown = row['url'];
      return { privateKey: String(row['private_key']), url: typeof url === 'string' ? url : undefined };
    },
    async saveAccount(ca, { privateKey, url }) {
      await database.run(
        `INSERT INTO evercert.acme_accounts (ca, private_key, url) VALUES ($1, $2, $3)
         ON CONFLICT (ca) DO UPDATE SET private_key = excluded.private_key, url = excluded.url`,
        [ca, privateKey, url ?? null],
      );
    },
  };
}
