import type { z } from 'zod';
import { acmeIssuer, acmeIssuerStatus } from './acme-issuer.ts';
import { conditions } from './condition.ts';
import type { Rule } from './field.ts';
import { listOf, observed, optional, record, text } from './field.ts';
import { vaultIssuer } from './vault-issuer.ts';
import { venafiIssuer } from './venafi-issuer.ts';

const crlDistributionPoints = optional(listOf('URLs of revocation lists, to put into certificates.', text('One URL.')));

const caIssuer = record('A CA whose key is in a Secret.', {
  secretName: text('Name of the Secret with the certificate and the key of the CA.', { minLength: 1 }),
  crlDistributionPoints,
  ocspServers: optional(listOf('URLs of OCSP responders, to put into certificates.', text('One URL.'))),
  issuingCertificateURLs: optional(
    listOf('URLs of the certificate of the CA, to put into certificates.', text('One URL.')),
  ),
});

const selfSignedIssuer = record('Each certificate is signed with its own key.', { crlDistributionPoints });

const TYPES = `[has(self.acme), has(self.ca), has(self.selfSigned), has(self.vault), has(self.venafi)]`;

const ONE_TYPE: readonly Rule[] = [
  {
    rule: `${TYPES}.exists_one(is, is)`,
    messageExpression: `${TYPES}.exists(is, is) ? 'has more than one type: an issuer is exactly one of acme, ca, selfSigned, vault, venafi' : 'has no type: set exactly one of acme, ca, selfSigned, vault, venafi'`,
    message: 'must be exactly one of acme, ca, selfSigned, vault, venafi',
  },
];

export const issuerSpec = record(
  'How certificates are signed: exactly one of these.',
  {
    acme: optional(acmeIssuer),
    ca: optional(caIssuer),
    selfSigned: optional(selfSignedIssuer),
    vault: optional(vaultIssuer),
    venafi: optional(venafiIssuer),
  },
  { 'x-kubernetes-validations': ONE_TYPE },
);

export type IssuerSpec = z.infer<typeof issuerSpec>;

export const issuerStatus = record('Whether certificates can be signed. Written by the controller.', {
  conditions: observed(conditions('`Ready`: certificates can be signed.')),
  acme: observed(acmeIssuerStatus),
});

export type IssuerStatus = z.infer<typeof issuerStatus>;
