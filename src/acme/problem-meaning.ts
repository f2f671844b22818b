import type { AcmeCode } from './acme-code.ts';

export interface Meaning {
  readonly code: AcmeCode;
  readonly retry: 'never' | 'backoff';
  readonly advice?: string;
}

/**
 * What each problem type (RFC 8555 section 6.7, RFC 9773 section 7.4, the profiles extension, RFC 9799) means to a caller: the
 * code, whether trying again later can help without a person, and what the person should do when that is not plain from the detail.
 */
export const MEANING = new Map<string, Meaning>(
  Object.entries({
    accountDoesNotExist: { code: 'acme-account-does-not-exist', retry: 'never', advice: 'register the account again' },
    alreadyReplaced: { code: 'acme-already-replaced', retry: 'never' },
    alreadyRevoked: { code: 'acme-already-revoked', retry: 'never' },
    badCSR: { code: 'acme-bad-csr', retry: 'never' },
    badNonce: { code: 'acme-bad-nonce', retry: 'backoff' },
    badPublicKey: { code: 'acme-bad-public-key', retry: 'never', advice: 'use another type of key' },
    badRevocationReason: { code: 'acme-bad-revocation-reason', retry: 'never' },
    badSignatureAlgorithm: {
      code: 'acme-bad-signature-algorithm',
      retry: 'never',
      advice: 'use an account key of another type',
    },
    caa: { code: 'acme-caa', retry: 'never', advice: "let this CA into the domain's CAA records" },
    compound: { code: 'acme-compound', retry: 'backoff' },
    conflict: { code: 'acme-conflict', retry: 'backoff' },
    connection: { code: 'acme-connection', retry: 'backoff' },
    dns: { code: 'acme-dns', retry: 'backoff' },
    externalAccountRequired: {
      code: 'acme-external-account-required',
      retry: 'never',
      advice: "give the key identifier and HMAC key from the CA's own website (external account binding)",
    },
    incorrectResponse: { code: 'acme-incorrect-response', retry: 'backoff' },
    invalidContact: { code: 'acme-invalid-contact', retry: 'never', advice: 'correct the contact, or leave it away' },
    invalidProfile: { code: 'acme-invalid-profile', retry: 'never' },
    malformed: { code: 'acme-malformed', retry: 'never' },
    onionCAARequired: { code: 'acme-caa', retry: 'never' },
    orderNotReady: { code: 'acme-order-not-ready', retry: 'backoff' },
    rateLimited: { code: 'acme-rate-limited', retry: 'backoff' },
    rejectedIdentifier: { code: 'acme-rejected-identifier', retry: 'never', advice: 'this CA will not sign that name' },
    serverInternal: { code: 'acme-server-internal', retry: 'backoff' },
    tls: { code: 'acme-tls', retry: 'backoff' },
    unauthorized: { code: 'acme-unauthorized', retry: 'backoff' },
    unsupportedContact: {
      code: 'acme-unsupported-contact',
      retry: 'never',
      advice: 'use a mailto: address, or leave the contact away',
    },
    unsupportedIdentifier: { code: 'acme-unsupported-identifier', retry: 'never' },
    userActionRequired: { code: 'acme-user-action-required', retry: 'never' },
  } satisfies Record<string, Meaning>),
);
