import type { z } from 'zod';
import { CERTIFICATE_RULES } from './certificate-rules.ts';
import { durationText } from './duration-field.ts';
import { flag, listOf, oneOf, optional, record, text, wholeNumber } from './field.ts';
import type { Rule } from './field.ts';
import { ISSUER_REFERENCE_RULES, issuerReference } from './issuer-reference.ts';
import { KEY_USAGES } from './key-usage.ts';
import { keystores } from './key-store.ts';
import { nameConstraints } from './name-constraints.ts';
import { privateKey } from './private-key-fields.ts';
import { renewal } from './renewal-fields.ts';
import { requestedNames } from './requested-names.ts';
import { secretTemplate } from './secret-template.ts';

const SECRET_NAME_RULES: readonly Rule[] = [
  {
    rule: `self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,
    message: 'cannot be the name of a Secret: lower case letters, digits, - and ., with a letter or digit at both ends',
  },
];

const OUTPUT_FORMAT_RULES: readonly Rule[] = [
  {
    rule: 'self.all(one, self.exists_one(other, other.type == one.type))',
    message: 'has the same type twice',
  },
];

export const certificateSpec = record(
  'What is asked for.',
  {
    secretName: text('Name of the Secret, in the same namespace, that gets the certificate and its key.', {
      maxLength: 253,
      'x-kubernetes-validations': SECRET_NAME_RULES,
    }),
    issuerRef: issuerReference('Which issuer signs it.', ISSUER_REFERENCE_RULES),
    ...requestedNames,
    duration: optional(
      durationText(
        'Lifetime to ask for, such as `2160h`, which is the default; at least 1h. ACME servers choose their own.',
        { atLeast: '1h' },
      ),
    ),
    renewBefore: optional(
      durationText(
        'How long before its end it is renewed, such as `360h`; at least 5m. When missing, a third of its lifetime.',
        { atLeast: '5m' },
      ),
    ),
    renewBeforePercentage: optional(
      wholeNumber('In place of `renewBefore`: the share of its lifetime that is left when it is renewed, in percent.', {
        format: 'int32',
        minimum: 1,
        maximum: 99,
      }),
    ),
    renewal: optional(renewal()),
    isCA: optional(flag('Whether it is the certificate of a CA, which may sign others.')),
    usages: optional(
      listOf(
        'What the key may be used for; `digital signature` and `key encipherment` when missing.',
        oneOf('One use.', KEY_USAGES),
      ),
    ),
    encodeUsagesInRequest: optional(flag('Whether the request itself says `usages`; true when missing.')),
    privateKey: optional(privateKey()),
    signatureAlgorithm: optional(
      oneOf('How the request is signed. Must fit the key.', [
        'SHA256WithRSA',
        'SHA384WithRSA',
        'SHA512WithRSA',
        'ECDSAWithSHA256',
        'ECDSAWithSHA384',
        'ECDSAWithSHA512',
        'PureEd25519',
      ]),
    ),
    secretTemplate: optional(secretTemplate()),
    keystores: optional(keystores()),
    additionalOutputFormats: optional(
      listOf(
        'Further forms of the certificate to put into the Secret.',
        record('One form.', {
          type: oneOf('`DER`: the key in `key.der`. `CombinedPEM`: key and chain in `tls-combined.pem`.', [
            'DER',
            'CombinedPEM',
          ]),
        }),
        { maxItems: 16, 'x-kubernetes-validations': OUTPUT_FORMAT_RULES },
      ),
    ),
    nameConstraints: optional(nameConstraints()),
    revisionHistoryLimit: optional(
      wholeNumber('How many CertificateRequests of it are kept; 1 when missing.', { format: 'int32', minimum: 1 }),
    ),
  },
  { 'x-kubernetes-validations': CERTIFICATE_RULES },
);

export type CertificateSpec = z.infer<typeof certificateSpec>;
