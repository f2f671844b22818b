import type { AnyIssuer } from './issuer-lookup.ts';

export const ISSUER_TYPES = ['acme', 'ca', 'selfSigned', 'vault', 'venafi'] as const;
export type IssuerType = (typeof ISSUER_TYPES)[number];

/** Which of the types an issuer is of; undefined when its spec names none. */
export function issuerTypeOf(issuer: AnyIssuer): IssuerType | undefined {
  return ISSUER_TYPES.find((type) => issuer.spec[type] !== undefined);
}
