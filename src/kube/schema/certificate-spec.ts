import type { z } from 'zod';
import {
  CERTIFICATE_RULES,
  EMAIL_RULES,
  IP_RULES,
  LITERAL_SUBJECT_RULES,
  OID_RULES,
  OTHER_NAME_RULES,
  OUTPUT_FORMAT_RULES,
  PRIVATE_KEY_RULES,
  SECRET_ANNOTATION_RULES,
  LABEL_VALUE_RULES,
  SECRET_NAME_RULES,
} from './certificate-rules.ts';
import { durationText } from './duration-field.ts';
import { flag, listOf, oneOf, optional, record, text, textMap, wholeNumber } from './field.ts';
import { ISSUER_REFERENCE_RULES, issuerReference } from './issuer-reference.ts';
import { KEY_USAGES } from './key-usage.ts';
import { keystores } from './key-store.ts';
import { nameConstraints } from './name-constraints.ts';
import { subject } from './subject.ts';

const names = {
  dnsNames: optional(listOf('DNS names, also with `*.` before them.', text('One name.'))),
  ipAddresses: optional(
    listOf('IP addresses.', text('One address.', { maxLength: 64, 'x-kubernetes-validations': IP_RULES }), {
      maxItems: 1000,
    }),
  ),
  uris: optional(listOf('URIs, such as those of SPIFFE.', text('One URI.'))),
  emailAddresses: optional(
    listOf('Mail addresses.', text('One address.', { maxLength: 320, 'x-kubernetes-validations': EMAIL_RULES }), {
      maxItems: 1000,
    }),
  ),
  otherNames: optional(
    listOf(
      'Names of other kinds, each with the OID of its kind.',
      record(
        'One name.',
        {
          oid: optional(
            text('The kind of name, such as 1.3.6.1.4.1.311.20.2.3 for a user principal name.', {
              maxLength: 256,
              'x-kubernetes-validations': OID_RULES,
            }),
          ),
          utf8Value: optional(text('The name.')),
        },
        { 'x-kubernetes-validations': OTHER_NAME_RULES },
      ),
      { maxItems: 1000 },
    ),
  ),
  commonName: optional(
    text('The common name (CN), at most 64 characters. Names that servers are reached by belong in `dnsNames`.', {
      maxLength: 64,
    }),
  ),
  subject: optional(subject()),
  literalSubject: optional(
    text('The whole subject as text (RFC 4514), whose order is kept. In place of `subject` and `commonName`.', {
      maxLength: 2048,
      'x-kubernetes-validations': LITERAL_SUBJECT_RULES,
    }),
  ),
};

const renewal = optional(
  record('When the certificate is renewed, beyond how long before its end.', {
    policy: optional(
      oneOf('`RenewBefore`: in time before it ends. `Disabled`: never, unless somebody asks for it.', [
        'RenewBefore',
        'Disabled',
      ]),
    ),
    windows: optional(
      listOf(
        'Only in one of these windows, as long as that is in time.',
        record('One window.', {
          cron: text('When it opens: five fields, as for cron.', { minLength: 1 }),
          windowDuration: durationText('How long it is open, such as `2h`.'),
          timezone: optional(text('Time zone of `cron`, such as `Europe/Berlin`; UTC when missing.')),
        }),
        { maxItems: 100 },
      ),
    ),
  }),
);

const privateKey = optional(
  record(
    'The private key.',
    {
      rotationPolicy: optional(
        oneOf('`Always` (also when missing): a new key each time. `Never`: the key that is there is kept.', [
          'Never',
          'Always',
        ]),
      ),
      encoding: optional(
        oneOf('How `tls.key` is written: `PKCS1` (also when missing) or `PKCS8`.', ['PKCS1', 'PKCS8']),
      ),
      algorithm: optional(oneOf('`RSA` when missing.', ['RSA', 'ECDSA', 'Ed25519'])),
      size: optional(
        wholeNumber('Bits: 2048 (also when missing) to 8192 for RSA; 256 (also when missing), 384 or 521 for ECDSA.'),
      ),
    },
    { 'x-kubernetes-validations': PRIVATE_KEY_RULES },
  ),
);

const secretTemplate = optional(
  record('What to put on the Secret beside the certificate. Removed from it when it is removed here.', {
    annotations: optional(
      textMap('Annotations for the Secret.', {
        maxProperties: 256,
        'x-kubernetes-validations': SECRET_ANNOTATION_RULES,
      }),
    ),
    labels: optional(
      textMap(
        'Labels for the Secret.',
        { maxProperties: 256 },
        text('One value.', { maxLength: 63, 'x-kubernetes-validations': LABEL_VALUE_RULES }),
      ),
    ),
  }),
);

export const certificateSpec = record(
  'What is asked for.',
  {
    secretName: text('Name of the Secret, in the same namespace, that gets the certificate and its key.', {
      maxLength: 253,
      'x-kubernetes-validations': SECRET_NAME_RULES,
    }),
    issuerRef: issuerReference('Which issuer signs it.', ISSUER_REFERENCE_RULES),
    ...names,
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
    renewal,
    isCA: optional(flag('Whether it is the certificate of a CA, which may sign others.')),
    usages: optional(
      listOf(
        'What the key may be used for; `digital signature` and `key encipherment` when missing.',
        oneOf('One use.', KEY_USAGES),
      ),
    ),
    encodeUsagesInRequest: optional(flag('Whether the request itself says `usages`; true when missing.')),
    privateKey,
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
    secretTemplate,
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
