/**
 * Chains on the way from the order to the request, by UID of the order: the copies of orders in memory hold none, since thousands of them stay for
 * as long as their certificates. What is not here any more is read from the API server.
 */
export interface IssuedChains {
  put(uid: string, chain: string): void;
  take(uid: string): string | undefined;
}

const MOST = 1000;

export function createIssuedChains(): IssuedChains {
  const chains = new Map<string, string>();
  return {
    put(uid, chain) {
      const [oldest] = chains.keys();
      if (chains.size >= MOST && oldest !== undefined) chains.delete(oldest);
      chains.set(uid, chain);
    },
    take(uid) {
      const chain = chains.get(uid);
      chains.delete(uid);
      return chain;
    },
  };
}
