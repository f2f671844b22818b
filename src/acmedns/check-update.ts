import { isKeyOf, isKeyShaped } from './account.ts';
import { isAllowed } from './allow-from.ts';
import type { AccountStore } from './ports.ts';
import { parseUsername } from './username.ts';
import { isSubdomainLabel, isTxtValue } from './wire-shapes.ts';

/** An update as a client sent it; nothing in it is trusted. */
export interface UpdateRequest {
  readonly username: string;
  readonly key: string;
  /** The addresses that the request may have come from; one that is allowed is enough. */
  readonly sources: readonly string[];
  readonly subdomain: string;
  readonly txt: string;
}

export type UpdateRefusal = 'forbidden' | 'bad-subdomain' | 'bad-txt';

/**
 * What is wrong with an update, in the order in which acme-dns looks: user, key, source, label, value; undefined when nothing
 * is. A stranger learns nothing but `forbidden`.
 * @throws DomainError `store-unavailable`
 */
export async function checkUpdate(request: UpdateRequest, store: AccountStore): Promise<UpdateRefusal | undefined> {
  const username = parseUsername(request.username);
  if (username === undefined || !isKeyShaped(request.key)) return 'forbidden';
  const account = await store.findAccount(username);
  if (!isKeyOf(account, request.key) || account === undefined) return 'forbidden';
  if (!isAllowed(account.allowFrom, request.sources)) return 'forbidden';
  if (account.subdomain !== request.subdomain) return 'forbidden';
  if (!isSubdomainLabel(request.subdomain)) return 'bad-subdomain';
  if (!isTxtValue(request.txt)) return 'bad-txt';
  return undefined;
}
