import type { DomainName } from '../core/domain-name.ts';
import { readPrivateFile, writePrivateFile } from '../files/private-file.ts';
import { accountIn, accountsIn, parseAccountMap, withAccount, withoutAccount } from './account-map.ts';
import type { AccountMap, AcmeDnsAccount, AcmeDnsAccounts } from './account-map.ts';

export type { AcmeDnsAccount } from './account-map.ts';

export interface AcmeDnsAccountFile extends AcmeDnsAccounts {
  /** Every account by its domain as it is written there. @throws as load does */
  list(): Promise<ReadonlyMap<string, AcmeDnsAccount>>;
  /** Whether it was there. Durable when it resolves. @throws as save does */
  remove(domain: DomainName): Promise<boolean>;
}

/**
 * The account file that acme-dns clients share: `{"<domain>": {fulldomain, subdomain, username, password, server_url}}`, 0600,
 * the domain without `*.`. It is read afresh each time, for a person or another client may have added an account meanwhile.
 */
export function openAccountFile(path: string): AcmeDnsAccountFile {
  let tail: Promise<unknown> = Promise.resolve();

  async function read(): Promise<AccountMap> {
    return parseAccountMap(path, await readPrivateFile(path));
  }

  /** Read, change and write as one: two domains that are changed at once must not lose each other's entry. */
  async function change(work: (entries: AccountMap) => string | undefined): Promise<boolean> {
    const write = async (): Promise<boolean> => {
      const text = work(await read());
      if (text !== undefined) await writePrivateFile(path, text);
      return text !== undefined;
    };
    const written = tail.then(write, write);
    tail = written.catch(() => {});
    return await written;
  }

  return {
    path,
    load: async (domain) => accountIn(path, await read(), domain),
    async save(domain: DomainName, account: AcmeDnsAccount) {
      await change((entries) => withAccount(entries, domain, account));
    },
    list: async () => accountsIn(path, await read()),
    remove: (domain) => change((entries) => withoutAccount(entries, domain)),
  };
}
