import { z } from 'zod';
import { conditionsOfRequest } from './condition.ts';
import { durationText } from './duration-field.ts';
import { bytes, flag, listOf, observed, oneOf, openApi, optional, record, text, time } from './field.ts';
import type { Rule } from './field.ts';
import { IMMUTABLE } from './immutable.ts';
import { ISSUER_REFERENCE_RULES, issuerReference } from './issuer-reference.ts';
import { KEY_USAGES } from './key-usage.ts';

export const certificateRequestSpec = record(
  'What is asked for. Never changes.',
  {
    request: bytes('The certificate signing request: PEM, which makes base64 of base64 here.'),
    issuerRef: issuerReference('Which issuer is to sign it.', ISSUER_REFERENCE_RULES),
    duration: optional(durationText('Lifetime to ask for, such as `2160h`; at least 1h.', { atLeast: '1h' })),
    isCA: optional(flag('Whether a certificate of a CA is asked for.')),
    usages: optional(
      listOf(
        'What the key may be used for; `digital signature` and `key encipherment` when missing.',
        oneOf('One use.', KEY_USAGES),
      ),
    ),
    username: optional(text('Name of the user who made this object. Filled in by the API server.')),
    uid: optional(text('UID of the user who made this object. Filled in by the API server.')),
    groups: optional(
      listOf('Groups of the user who made this object. Filled in by the API server.', text('One group.')),
    ),
    extra: optional(
      z
        .record(z.string(), z.array(z.string()))
        .register(openApi, { description: 'What else the API server knows of the user who made this object.' }),
    ),
  },
  { 'x-kubernetes-validations': IMMUTABLE },
);

export type CertificateRequestSpec = z.infer<typeof certificateRequestSpec>;

/** That neither is taken back is a rule of the whole object, because a rule here ends with the list. */
const APPROVAL_RULES: readonly Rule[] = [
  {
    rule: `!self.exists(one, one.type == 'Approved') || !self.exists(one, one.type == 'Denied')`,
    reason: 'FieldValueForbidden',
    message: 'has both Approved and Denied: a request is one of them',
  },
  {
    rule: `self.all(one, !(one.type in ['Approved', 'Denied']) || one.status == 'True')`,
    message: 'has Approved or Denied with another status than True: leave the condition out until it is decided',
  },
];

export const certificateRequestStatus = record('What has become of it.', {
  conditions: observed(
    conditionsOfRequest(
      '`Approved` or `Denied`: whether it may be signed. `Ready`: whether it is. `InvalidRequest`: it cannot be.',
      APPROVAL_RULES,
    ),
  ),
  certificate: observed(bytes('The certificate, and those between it and the root, in PEM.')),
  ca: observed(bytes('The certificate of the CA, in PEM, where the issuer knows it.')),
  failureTime: observed(time('When it failed.')),
});

export type CertificateRequestStatus = z.infer<typeof certificateRequestStatus>;
