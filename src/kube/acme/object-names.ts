/** What is left of a long prefix, so that the name with its number stays a label (RFC 1123) wherever it is used as one. */
const LONGEST_PREFIX = 52;

/** The name of an object that follows from another one and a content: the same for the same content, so that it cannot be made twice. */
export function derivedName(prefix: string, content: unknown): string {
  const shortened = prefix.slice(0, LONGEST_PREFIX).replace(/[^a-zA-Z0-9]+$/, '');
  return `${shortened}-${fnv32(JSON.stringify(content))}`;
}

/** FNV-1, 32 bits: short, and numbers as people know them from cert-manager. */
function fnv32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = (Math.imul(hash, 0x01000193) ^ byte) >>> 0;
  return hash;
}
