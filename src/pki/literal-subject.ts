import type { DistinguishedName } from './distinguished-name.ts';

/**
 * An RFC 4514 string (`spec.literalSubject`) as the RDN sequence it stands for: such a string is written backwards, so the last RDN
 * comes first.
 * @throws DomainError `invalid-subject`, with cert-manager's words for an unknown key
 */
export function parseLiteralSubject(text: string): DistinguishedName {
  throw new Error(`not yet ${text}`);
}
