import { z } from 'zod';
import { conditionsOfRequest } from './condition.ts';
import { bytes, flag, listOf, observed, oneOf, openApi, optional, record, text, time } from './field.ts';
import { issuerReference } from './issuer-reference.ts';
import { KEY_USAGES } from './key-usage.ts';

export const certificateRequestSpec = record('What is asked for. Never changes.', {
  request: bytes('The certificate signing request: PEM, which makes base64 of base64 here.'),
  issuerRef: issuerReference('Which issuer is to sign it.'),
  duration: optional(text('Lifetime to ask for, such as `2160h`.')),
  isCA: optional(flag('Whether a certificate of a CA is asked for.')),
  usages: optional(
    listOf(
      'What the key may be used for; `digital signature` and `key encipherment` when missing.',
      oneOf('One use.', KEY_USAGES),
    ),
  ),
  username: optional(text('Name of the user who made this object. Filled in by the API server.')),
  uid: optional(text('UID of the user who made this object. Filled in by the API server.')),
  groups: optional(listOf('Groups of the user who made this object. Filled in by the API server.', text('One group.'))),
  extra: optional(
    z
      .record(z.string(), z.array(z.string()))
      .register(openApi, { description: 'What else the API server knows of the user who made this object.' }),
  ),
});

export type CertificateRequestSpec = z.infer<typeof certificateRequestSpec>;

export const certificateRequestStatus = record('What has become of it.', {
  conditions: observed(
    conditionsOfRequest(
      '`Approved` or `Denied`: whether it may be signed. `Ready`: whether it is. `InvalidRequest`: it cannot be.',
    ),
  ),
  certificate: observed(bytes('The certificate, and those between it and the root, in PEM.')),
  ca: observed(bytes('The certificate of the CA, in PEM, where the issuer knows it.')),
  failureTime: observed(time('When it failed.')),
});

export type CertificateRequestStatus = z.infer<typeof certificateRequestStatus>;
