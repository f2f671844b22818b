import type { Credentials } from './authenticate.ts';
import type { Account } from './ports.ts';
import { isSubdomainLabel, isTxtValue } from './wire-shapes.ts';

/** An update as a client sent it; nothing in it is trusted. */
export interface UpdateRequest extends Credentials {
  readonly subdomain: string;
  readonly txt: string;
}

export type UpdateRefusal = 'forbidden' | 'bad-subdomain' | 'bad-txt';

/** What is wrong with an update of an account's owner, in the order in which acme-dns looks; undefined when nothing is. */
export function checkUpdate(
  account: Account | undefined,
  { subdomain, txt }: Pick<UpdateRequest, 'subdomain' | 'txt'>,
): UpdateRefusal | undefined {
  if (account?.subdomain !== subdomain) return 'forbidden';
  if (!isSubdomainLabel(subdomain)) return 'bad-subdomain';
  return isTxtValue(txt) ? undefined : 'bad-txt';
}
