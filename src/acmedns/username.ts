const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const BARE = /^[0-9a-f]{32}$/i;

/**
 * The lower-case 36-character form of a username, from any form that acme-dns takes (google/uuid's Parse, any letter case):
 * 36 characters, `urn:uuid:` before them, a pair of braces around them (Parse takes any two characters there), or 32
 * hexadecimal digits. undefined when it is none of these.
 */
export function parseUsername(text: string): string | undefined {
  if (text.length === 36) return canonical(text);
  if (text.length === 45) return /^urn:uuid:/i.test(text) ? canonical(text.slice(9)) : undefined;
  if (text.length === 38) return canonical(text.slice(1, 37));
  if (!BARE.test(text)) return undefined;
  return text.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function canonical(text: string): string | undefined {
  return CANONICAL.test(text) ? text.toLowerCase() : undefined;
}
