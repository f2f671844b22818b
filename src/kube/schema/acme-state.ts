import { oneOf } from './field.ts';

/** States of orders, authorizations and challenges (RFC 8555 section 7.1.6), and `errored`: the CA refused in a way that trying again does not mend. */
export const ACME_STATES = ['valid', 'ready', 'pending', 'processing', 'invalid', 'expired', 'errored'] as const;

export type AcmeState = (typeof ACME_STATES)[number];

export function acmeState(description: string) {
  return oneOf(description, ACME_STATES);
}
