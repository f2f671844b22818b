import { isWithin, parseDomainName } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import { accountIn, parseAccountMap } from '../dns01/account-map.ts';
import type { AccountSecret } from '../kube/acme/account-secret.ts';

/** Where the CNAME of a domain leads already: whoever came from an acme-dns server for this very zone keeps its names. */
export async function targetOfOld(
  domain: DomainName,
  zone: DomainName,
  secret: Pick<AccountSecret, 'path' | 'read'> | undefined,
  signal: AbortSignal,
): Promise<DomainName | undefined> {
  const text = await secret?.read(signal);
  if (secret === undefined || text === undefined) return undefined;
  const account = accountIn(secret.path, parseAccountMap(secret.path, text), domain);
  if (account === undefined) return undefined;
  const target = parseDomainName(account.fulldomain);
  return isWithin(target, zone) && target !== zone ? target : undefined;
}
