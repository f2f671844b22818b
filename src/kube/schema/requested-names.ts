import { listOf, optional, record, text } from './field.ts';
import type { Rule } from './field.ts';
import { literalSubject } from './literal-subject.ts';
import { subject } from './subject.ts';

const IP_RULES: readonly Rule[] = [{ rule: 'isIP(self)', message: 'is not an IP address' }];

const EMAIL_RULES: readonly Rule[] = [
  {
    rule: String.raw`self.matches('^[^@\\s<>,;]+@[^@\\s<>,;]+$')`,
    message: 'is not a mail address: write it without a name and without brackets',
  },
];

const OTHER_NAME_RULES: readonly Rule[] = [
  {
    rule: `has(self.oid) && self.oid != ''`,
    fieldPath: '.oid',
    reason: 'FieldValueRequired',
    message: 'must be specified',
  },
  {
    rule: `has(self.utf8Value) && self.utf8Value != ''`,
    fieldPath: '.utf8Value',
    reason: 'FieldValueRequired',
    message: 'must be set to a valid non-empty UTF8 string',
  },
];

const OID_RULES: readonly Rule[] = [
  { rule: `self == '' || self.matches('^[0-2]([.](0|[1-9][0-9]*))+$')`, message: 'invalid oid syntax' },
];

/** The upper bound of X.520 (RFC 5280 appendix A.1). */
const COMMON_NAME_RULES: readonly Rule[] = [
  { rule: 'size(self) <= 64', message: 'is longer than 64 characters, the most that a common name may have' },
];

/** Whom a certificate is for: its subject and its alternative names. */
export const requestedNames = {
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
      maxLength: 1024,
      'x-kubernetes-validations': COMMON_NAME_RULES,
    }),
  ),
  subject: optional(subject()),
  literalSubject: optional(literalSubject()),
};
