/** The one label that an account may write to; any case, since operators edit nice names into their databases. */
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
/** base64url of a SHA-256 digest (RFC 8555 section 8.4). */
const TXT_VALUE = /^[A-Za-z0-9_-]{43}$/;

export function isSubdomainLabel(text: string): boolean {
  return LABEL.test(text);
}

export function isTxtValue(text: string): boolean {
  return TXT_VALUE.test(text);
}
