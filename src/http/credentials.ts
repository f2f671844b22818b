import { parseUsername } from '../acmedns/username.ts';
import { basicCredentials } from './authorization.ts';
import type { Call, CallSubject } from './call.ts';

/** What an account's owner says of itself; nothing in it is trusted. */
export interface GivenCredentials {
  readonly username: string;
  readonly key: string;
  readonly sources: readonly string[];
}

/** As acme-dns takes them. */
export function headerCredentials(call: Call): GivenCredentials {
  return {
    username: call.headers.get('x-api-user') ?? '',
    key: call.headers.get('x-api-key') ?? '',
    sources: sourcesOf(call),
  };
}

/** User and password of HTTP Basic authentication. */
export function accountInBasic(call: Call): GivenCredentials {
  const basic = basicCredentials(call.headers);
  return { username: basic?.user ?? '', key: basic?.password ?? '', sources: sourcesOf(call) };
}

/** What may be told of it. A text that is no username is not: it may be a password in the wrong place. */
export function subjectOf({ username }: GivenCredentials): CallSubject {
  const plain = parseUsername(username);
  return plain === undefined ? {} : { username: plain };
}

function sourcesOf({ source: { address } }: Call): string[] {
  return address === undefined ? [] : [address];
}
