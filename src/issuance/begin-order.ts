import { baseName } from '../core/domain-name.ts';
import { certificateId } from '../pki/certificate-id.ts';
import { parseChain } from '../pki/chain.ts';
import { generateKey } from '../pki/key.ts';
import { awaitDelegations } from './await-delegations.ts';
import type { IssueDeps, IssueOptions } from './issue-deps.ts';
import type { CertificateRequest, ChallengeAnswer, OrderRecord } from './order-record.ts';
import type { CertificateFacts } from './ports.ts';

/**
 * Waits for the delegation of every domain, and stores an order for which nothing has been asked of the CA yet, with a fresh key.
 * `leftovers` are answers of an order before it, whose record this one replaces.
 */
export async function beginOrder(
  request: CertificateRequest,
  leftovers: readonly ChallengeAnswer[],
  deps: IssueDeps,
  { signal, wait }: IssueOptions,
): Promise<OrderRecord> {
  const current = await deps.delivery.current(request.id);
  const known: ReadonlySet<string> = new Set(current?.facts.names.map(baseName));
  const domains = [...new Set(request.names.map(baseName))];
  const fresh = new Set(domains.filter((domain) => !known.has(domain)));
  const [privateKey] = await Promise.all([
    generateKey(request.keyType),
    awaitDelegations({ certificate: request.id, domains, fresh, wait }, deps, signal),
  ]);
  const replaces = current === undefined ? undefined : await replacedBy(request, current, deps);
  const createdAt = deps.clock.now();
  const order: OrderRecord = {
    certificate: request,
    createdAt,
    privateKey,
    replaces,
    leftovers,
    state: { step: 'created' },
  };
  await deps.store.saveOrder(order);
  return order;
}

/** RFC 9773 section 5: only the CA that issued a certificate can see it replaced, and only by one that shares a name with it. */
async function replacedBy(
  request: CertificateRequest,
  current: { chain: string; facts: CertificateFacts },
  deps: IssueDeps,
): Promise<string | undefined> {
  const renewal = await deps.renewals.loadRenewal(request.id);
  if (renewal?.ca !== request.ca || renewal.serial !== current.facts.serial) return undefined;
  const { names } = current.facts;
  if (!request.names.some((name) => names.includes(name))) return undefined;
  try {
    const [leaf] = parseChain(current.chain);
    return leaf === undefined ? undefined : certificateId(leaf);
  } catch {
    // It only spares a rate limit; a certificate that cannot be read is all the more to be replaced.
    return undefined;
  }
}
