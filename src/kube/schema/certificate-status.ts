import type { z } from 'zod';
import { conditions } from './condition.ts';
import { observed, optional, record, text, time, wholeNumber } from './field.ts';

const renewalInfo = record('What the CA says about renewal (RFC 9773).', {
  suggestedWindow: optional(
    record('When the CA wants it renewed.', {
      start: optional(time('Not before.')),
      end: optional(time('Not after.')),
    }),
  ),
  explanationURL: optional(text('A page of the CA that says why.')),
  lastChecked: optional(time('When the CA was last asked.')),
  nextCheck: optional(time('When the CA is asked next.')),
  lastError: optional(text('Why the CA could not be asked.')),
});

export const certificateStatus = record('What has become of it. Written by the controller.', {
  conditions: observed(conditions('`Ready`: the Secret has what is asked for. `Issuing`: a new one is being fetched.')),
  lastFailureTime: observed(time('When the last attempt failed. The next one waits, longer each time.')),
  failedIssuanceAttempts: observed(wholeNumber('Attempts that failed since the last one that did not.')),
  notBefore: observed(time('Start of the lifetime of the certificate in the Secret.')),
  notAfter: observed(time('End of the lifetime of the certificate in the Secret.')),
  renewalTime: observed(time('When it is renewed next.')),
  revision: observed(wholeNumber('How often it was issued.')),
  nextPrivateKeySecretName: observed(
    text('Name of the Secret with the next key, while a new certificate is being fetched.'),
  ),
  acme: observed(record('What concerns ACME.', { ari: optional(renewalInfo) })),
});

export type CertificateStatus = z.infer<typeof certificateStatus>;
