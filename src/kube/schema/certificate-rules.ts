import { isDuration } from './duration-field.ts';
import type { Rule } from './field.ts';

// Rules between the fields of a Certificate. Messages are what `kubectl apply` shows behind the path of the field.

const LISTS = ['dnsNames', 'ipAddresses', 'uris', 'emailAddresses', 'otherNames'];

const hasSubjectParts = `has(self.subject) && (${[
  'organizations',
  'countries',
  'organizationalUnits',
  'localities',
  'provinces',
  'streetAddresses',
  'postalCodes',
  'serialNumber',
]
  .map((part) => `has(self.subject.${part}) && size(self.subject.${part}) > 0`)
  .join(' || ')})`;

const hasLiteralSubject = `has(self.literalSubject) && self.literalSubject != ''`;

/** The lifetime that is asked for. Only where it is known to be a duration. */
const lifetime = `(has(self.duration) ? duration(self.duration) : duration('2160h'))`;
const lifetimeIsReadable = `(!has(self.duration) || ${isDuration('self.duration')})`;

/** The algorithm of the key that is asked for. */
const algorithm = `(has(self.privateKey) && has(self.privateKey.algorithm) ? self.privateKey.algorithm : 'RSA')`;

const KEY_OF_SIGNATURE = { SHA: 'RSA', ECDSA: 'ECDSA', PureEd: 'Ed25519' };

export const CERTIFICATE_RULES: readonly Rule[] = [
  {
    rule: [
      ...LISTS.map((list) => `(has(self.${list}) && size(self.${list}) > 0)`),
      `(has(self.commonName) && self.commonName != '')`,
      String.raw`(has(self.literalSubject) && self.literalSubject.matches('(^|[,;+])\\s*(CN|2[.]5[.]4[.]3)\\s*='))`,
    ].join(' || '),
    reason: 'FieldValueRequired',
    message: `has no name: set at least one of ${LISTS.join(', ')}, commonName, or a literalSubject with a CN`,
  },
  {
    rule: `!(${hasLiteralSubject}) || !has(self.commonName) || self.commonName == ''`,
    fieldPath: '.commonName',
    reason: 'FieldValueForbidden',
    message: 'cannot stand beside literalSubject: write CN= into that',
  },
  {
    rule: `!(${hasLiteralSubject}) || !(${hasSubjectParts})`,
    fieldPath: '.subject',
    reason: 'FieldValueForbidden',
    message: 'cannot stand beside literalSubject: write its parts into that',
  },
  {
    rule: '!has(self.renewBefore) || !has(self.renewBeforePercentage)',
    fieldPath: '.renewBeforePercentage',
    reason: 'FieldValueForbidden',
    message: 'cannot stand beside renewBefore: choose one of them',
  },
  {
    rule: `!has(self.renewBefore) || !${isDuration('self.renewBefore')} || !${lifetimeIsReadable} || duration(self.renewBefore) < ${lifetime}`,
    fieldPath: '.renewBefore',
    reason: 'FieldValueForbidden',
    message: 'must be shorter than duration, which is 2160h when missing',
  },
  {
    rule: `!has(self.renewBeforePercentage) || !${lifetimeIsReadable} || ${lifetime}.getSeconds() * self.renewBeforePercentage / 100 >= 300`,
    fieldPath: '.renewBeforePercentage',
    reason: 'FieldValueForbidden',
    message: 'leaves less than 5 minutes to renew: choose a larger share, or a longer duration',
  },
  {
    rule: '!has(self.nameConstraints) || (has(self.isCA) && self.isCA)',
    fieldPath: '.nameConstraints',
    reason: 'FieldValueForbidden',
    message: 'is for CAs only: set isCA: true as well',
  },
  {
    rule: `!has(self.signatureAlgorithm) || ${Object.entries(KEY_OF_SIGNATURE)
      .map(([prefix, key]) => `(self.signatureAlgorithm.startsWith('${prefix}') && ${algorithm} == '${key}')`)
      .join(' || ')}`,
    fieldPath: '.signatureAlgorithm',
    reason: 'FieldValueForbidden',
    message: 'does not fit privateKey.algorithm, which is RSA when missing',
  },
];
