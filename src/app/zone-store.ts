import type { AccountStore } from '../acmedns/ports.ts';
import type { LoadedConfig } from '../config/config.ts';

/** Where the names of the challenge zone are kept. */
export interface ZoneStore {
  readonly store: AccountStore;
  close(): Promise<void>;
}

/**
 * The database that the configuration names; by default `own`, which is closed by who opened it.
 * @throws DomainError `store-unavailable`, `store-too-new`
 */
export async function openZoneStore(loaded: LoadedConfig | undefined, own: AccountStore): Promise<ZoneStore> {
  const acmeDns = loaded?.config.acmeDnsDatabase;
  if (acmeDns?.engine === 'sqlite') return openAcmeDnsFile(acmeDns.file);
  return { store: own, close: async () => {} };
}

async function openAcmeDnsFile(file: string): Promise<ZoneStore> {
  const [{ openAcmeDnsSqlite }, { createAcmeDnsSqliteStore }] = await Promise.all([
    import('../store/acme-dns-sqlite.ts'),
    import('../store/acme-dns-sqlite-store.ts'),
  ]);
  const database = openAcmeDnsSqlite(file);
  return { store: createAcmeDnsSqliteStore(database), close: async () => database.close() };
}
