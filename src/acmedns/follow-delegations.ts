import type { AccountStore } from './ports.ts';
import type { ServedLabels } from './served-labels.ts';

/**
 * Serves what another process (`evercert issue` beside `evercert serve`) does to the delegations in the same store, until the
 * signal aborts.
 */
export async function followDelegations(store: AccountStore, labels: ServedLabels, signal: AbortSignal): Promise<void> {
  let before = new Map<string, string>();
  for await (const names of store.delegationsByOthers(signal)) {
    const now = new Map<string, string>();
    for (const { subdomain, rows } of names) {
      const stored = JSON.stringify(rows);
      now.set(subdomain, stored);
      if (before.get(subdomain) !== stored) labels.serve(subdomain, rows);
    }
    for (const subdomain of before.keys()) if (!now.has(subdomain)) labels.withdraw(subdomain);
    before = now;
  }
}
