import type { z } from 'zod';
import { challengeSolver } from './challenge-solver.ts';
import { bytes, flag, listOf, oneOf, optional, record, text } from './field.ts';
import type { Rule } from './field.ts';
import { secretKey } from './secret-reference.ts';

const ACME_RULES: readonly Rule[] = [
  {
    rule: '!has(self.caBundle) || !has(self.skipTLSVerify) || !self.skipTLSVerify',
    fieldPath: '.skipTLSVerify',
    reason: 'FieldValueForbidden',
    message: 'cannot stand beside caBundle: choose one of them',
  },
  {
    rule: `self.privateKeySecretRef.name != ''`,
    fieldPath: '.privateKeySecretRef.name',
    reason: 'FieldValueRequired',
    message: 'name a Secret for the key of the account; it is made when it is not there',
  },
];

export const acmeIssuer = record(
  "A CA that is spoken to by ACME (RFC 8555), such as Let's Encrypt.",
  {
    server: text('URL of the directory of the CA.', { minLength: 1 }),
    email: optional(text('Mail address that the CA may write to.')),
    privateKeySecretRef: secretKey(
      'The key of the account at the CA, in `tls.key` unless `key` says otherwise. Made when it is not there.',
    ),
    disableAccountKeyGeneration: optional(flag('Whether the key of the account must already be there.')),
    caBundle: optional(bytes("Roots, in PEM, that the server of the CA is trusted by, in place of the system's.")),
    skipTLSVerify: optional(flag('Whether any server is trusted. For tests only.')),
    externalAccountBinding: optional(
      record('An account that the operator already has at the CA (RFC 8555 section 7.3.4).', {
        keyID: text('Identifier of the key that the CA gave out.'),
        keySecretRef: secretKey('The key that the CA gave out, in base64url.'),
        keyAlgorithm: optional(oneOf('Not used: it is always HS256.', ['HS256', 'HS384', 'HS512'])),
      }),
    ),
    preferredChain: optional(
      text('Of several chains that the CA offers, the one whose topmost certificate was issued by this common name.', {
        maxLength: 64,
      }),
    ),
    profile: optional(text('Name of a certificate profile of the CA.')),
    enableDurationFeature: optional(
      flag('Whether the CA is asked for the `duration` of a Certificate. Many CAs refuse that.'),
    ),
    renewalInformationSource: optional(oneOf('Whether the CA is asked when to renew (RFC 9773).', ['ARI', 'None'])),
    solvers: optional(listOf('How challenges are answered.', challengeSolver, { maxItems: 1000 })),
  },
  { 'x-kubernetes-validations': ACME_RULES },
);

export type AcmeIssuer = z.infer<typeof acmeIssuer>;

export const acmeIssuerStatus = record('What is known of the account at the CA.', {
  uri: optional(text('URL of the account.')),
  lastRegisteredEmail: optional(text('Mail address that the CA last got.')),
  lastPrivateKeyHash: optional(text('Digest of the key that the account was last seen with.')),
});

export type AcmeIssuerStatus = z.infer<typeof acmeIssuerStatus>;
