import type { DomainName } from '../core/domain-name.ts';
import { readPrivateFile, writePrivateFile } from '../files/private-file.ts';
import { accountIn, parseAccountMap, withAccount } from './account-map.ts';
import type { AccountMap, AcmeDnsAccount, AcmeDnsAccounts } from './account-map.ts';

export type { AcmeDnsAccount } from './account-map.ts';

/**
 * The account file that acme-dns clients share: `{"<domain>": {fulldomain, subdomain, username, password, server_url}}`, 0600,
 * the domain without `*.`. It is read afresh each time, for a person or another client may have added an account meanwhile.
 */
export function openAccountFile(path: string): AcmeDnsAccounts {
  let tail: Promise<unknown> = Promise.resolve();

  async function read(): Promise<AccountMap> {
    return parseAccountMap(path, await readPrivateFile(path));
  }

  return {
    path,
    load: async (domain) => accountIn(path, await read(), domain),
    async save(domain: DomainName, account: AcmeDnsAccount) {
      // Read, change and write as one: two domains that register at once must not lose each other's entry.
      const write = async (): Promise<void> => writePrivateFile(path, withAccount(await read(), domain, account));
      const written = tail.then(write, write);
      tail = written.catch(() => {});
      await written;
    },
  };
}
