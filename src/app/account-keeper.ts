import { join } from 'node:path';
import { openAccountFile } from '../dns01/account-file.ts';
import type { AcmeDnsAccountFile } from '../dns01/account-file.ts';
import type { AccountKeeper } from '../http/account-storage.ts';

/**
 * The accounts that lego's HTTP storage keeps: a file for each user, in the format that the clients of acme-dns share, so that a file of a
 * client can be put there and goes on.
 */
export function createAccountKeeper(folder: string): AccountKeeper {
  const files = new Map<string, AcmeDnsAccountFile>();

  /** One object for each file: it keeps changes at once from losing each other. Users are those of the configuration, no others. */
  function fileOf(user: string): AcmeDnsAccountFile {
    const file = files.get(user) ?? openAccountFile(join(folder, `${user}.json`));
    files.set(user, file);
    return file;
  }

  return {
    list: async (user) => Object.fromEntries(await fileOf(user).list()),
    fetch: (user, domain) => fileOf(user).load(domain),
    put: (user, domain, account) => fileOf(user).save(domain, account),
    remove: (user, domain) => fileOf(user).remove(domain),
  };
}
