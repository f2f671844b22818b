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

export const PRIVATE_KEY_RULES: readonly Rule[] = [
  {
    rule: `!has(self.size) || self.size == 0 || (has(self.algorithm) && self.algorithm != 'RSA') || (self.size >= 2048 && self.size <= 8192)`,
    fieldPath: '.size',
    reason: 'FieldValueForbidden',
    message: 'an RSA key, which it is unless algorithm says otherwise, has 2048 to 8192 bits',
  },
  {
    rule: `!has(self.size) || self.size == 0 || !has(self.algorithm) || self.algorithm != 'ECDSA' || self.size in [256, 384, 521]`,
    fieldPath: '.size',
    reason: 'FieldValueForbidden',
    message: 'an ECDSA key has 256, 384 or 521 bits',
  },
];

const SUBJECT_KEY = '(C|O|OU|CN|SERIALNUMBER|L|ST|STREET|DC|UID|[0-9]+([.][0-9]+)+)';
const SUBJECT_REST = String.raw`(\\\\.|[^,;+\\\\])*`;

/** What stands between the longest good beginning and the next separator. */
const FIRST_BAD_PART = String.raw`self.substring(self.find('^(\\s*${SUBJECT_KEY}\\s*=${SUBJECT_REST}[,;+])*').size()).find('^(\\\\.|[^,;+\\\\])*')`;

/** The message is that of cert-manager, which names the value and not the key. */
export const LITERAL_SUBJECT_RULES: readonly Rule[] = [
  {
    rule: String.raw`self.matches('^\\s*$') || self.matches('^\\s*${SUBJECT_KEY}\\s*=${SUBJECT_REST}([,;+]\\s*${SUBJECT_KEY}\\s*=${SUBJECT_REST})*$')`,
    messageExpression: String.raw`[${FIRST_BAD_PART}].map(part, part.contains('=') ? 'Literal subject contains unrecognized key with value [' + part.substring(part.indexOf('=') + 1).trim() + ']' : 'is not a subject: write parts such as CN=example.org,O=Example, with a backslash before each comma that is no separator')[0]`,
    message: 'is not a subject (RFC 4514): write parts such as CN=example.org,O=Example',
  },
];

export const OTHER_NAME_RULES: readonly Rule[] = [
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

export const OID_RULES: readonly Rule[] = [
  { rule: `self == '' || self.matches('^[0-2]([.](0|[1-9][0-9]*))+$')`, message: 'invalid oid syntax' },
];

export const SECRET_ANNOTATION_RULES: readonly Rule[] = [
  {
    rule: `self.all(key, !key.startsWith('cert-manager.io/') || key == 'cert-manager.io/allow-direct-injection')`,
    messageExpression: `self.filter(key, key.startsWith('cert-manager.io/') && key != 'cert-manager.io/allow-direct-injection')[0] + ': annotations that begin with cert-manager.io/ are not for a template'`,
    message: 'annotations that begin with cert-manager.io/ are not for a template',
  },
];

export const NAME_CONSTRAINT_RULES: readonly Rule[] = [
  {
    rule: 'has(self.permitted) || has(self.excluded)',
    reason: 'FieldValueRequired',
    message: 'has neither permitted nor excluded: set one of them',
  },
];

export const LABEL_VALUE_RULES: readonly Rule[] = [
  {
    rule: `self.matches('^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$')`,
    message:
      'cannot be the value of a label: at most 63 letters, digits, - _ and ., with a letter or digit at both ends',
  },
];

export const SECRET_NAME_RULES: readonly Rule[] = [
  {
    rule: `self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,
    message: 'cannot be the name of a Secret: lower case letters, digits, - and ., with a letter or digit at both ends',
  },
];

export const IP_RULES: readonly Rule[] = [{ rule: 'isIP(self)', message: 'is not an IP address' }];

export const EMAIL_RULES: readonly Rule[] = [
  {
    rule: String.raw`self.matches('^[^@\\s<>,;]+@[^@\\s<>,;]+$')`,
    message: 'is not a mail address: write it without a name and without brackets',
  },
];

export const OUTPUT_FORMAT_RULES: readonly Rule[] = [
  {
    rule: 'self.all(one, self.exists_one(other, other.type == one.type))',
    reason: 'FieldValueDuplicate',
    message: 'has the same type twice',
  },
];

export const KEY_STORE_RULES: readonly Rule[] = [
  {
    rule: '!has(self.password) || !has(self.passwordSecretRef)',
    fieldPath: '.password',
    reason: 'FieldValueForbidden',
    message: 'cannot stand beside passwordSecretRef: choose one of them',
  },
  {
    rule: '!self.create || has(self.password) || has(self.passwordSecretRef)',
    fieldPath: '.passwordSecretRef',
    reason: 'FieldValueRequired',
    message: 'a key store has a password: set passwordSecretRef, or password',
  },
];
