/** User and password of HTTP Basic authentication. */
export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

/**
 * RFC 7617. Some clients write base64url (Certify The Web), some leave the padding out. undefined when there is none, or it
 * cannot be read.
 */
export function basicCredentials(headers: Headers): BasicCredentials | undefined {
  const encoded = schemeValue(headers, 'basic');
  if (encoded === undefined || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(encoded)) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** RFC 6750 section 2.1. */
export function bearerToken(headers: Headers): string | undefined {
  return schemeValue(headers, 'bearer');
}

function schemeValue(headers: Headers, scheme: string): string | undefined {
  const [, given, value] = /^([A-Za-z]+) +(\S+) *$/.exec(headers.get('authorization') ?? '') ?? [];
  return given?.toLowerCase() === scheme ? value : undefined;
}

/** RFC 7617 section 2.1: what makes a client send what it has. */
export const BASIC_CHALLENGE: Readonly<Record<string, string>> = {
  'www-authenticate': 'Basic realm="evercert", charset="UTF-8"',
};
