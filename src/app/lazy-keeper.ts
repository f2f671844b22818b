import type { AccountKeeper } from '../http/account-storage.ts';

/** A keeper that is opened when it is first used, and once. One that cannot be opened is tried anew by the next who needs it. */
export function createLazyKeeper(open: () => Promise<AccountKeeper>): AccountKeeper {
  let opening: Promise<AccountKeeper> | undefined;
  const opened = (): Promise<AccountKeeper> => {
    if (opening !== undefined) return opening;
    const now = open();
    opening = now;
    now.catch(() => (opening = undefined));
    return now;
  };
  return {
    list: async (user) => (await opened()).list(user),
    fetch: async (user, domain) => (await opened()).fetch(user, domain),
    put: async (user, domain, account) => (await opened()).put(user, domain, account),
    remove: async (user, domain) => (await opened()).remove(user, domain),
  };
}
