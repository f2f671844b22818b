import { text } from './field.ts';
import type { Rule } from './field.ts';

const SUBJECT_KEY = '(C|O|OU|CN|SERIALNUMBER|L|ST|STREET|DC|UID|[0-9]+([.][0-9]+)+)';
const SUBJECT_REST = String.raw`(\\\\.|[^,;+\\\\])*`;

/** What stands between the longest good beginning and the next separator. */
const FIRST_BAD_PART = String.raw`self.substring(self.find('^(\\s*${SUBJECT_KEY}\\s*=${SUBJECT_REST}[,;+])*').size()).find('^(\\\\.|[^,;+\\\\])*')`;

/** The message is that of cert-manager, which names the value and not the key. */
const LITERAL_SUBJECT_RULES: readonly Rule[] = [
  {
    rule: String.raw`self.matches('^\\s*$') || self.matches('^\\s*${SUBJECT_KEY}\\s*=${SUBJECT_REST}([,;+]\\s*${SUBJECT_KEY}\\s*=${SUBJECT_REST})*$')`,
    messageExpression: String.raw`[${FIRST_BAD_PART}].map(part, part.contains('=') ? 'Literal subject contains unrecognized key with value [' + part.substring(part.indexOf('=') + 1).trim() + ']' : 'is not a subject: write parts such as CN=example.org,O=Example, with a backslash before each comma that is no separator')[0]`,
    message: 'is not a subject (RFC 4514): write parts such as CN=example.org,O=Example',
  },
];

/** A whole subject in the notation of RFC 4514. */
export function literalSubject() {
  return text('The whole subject as text (RFC 4514), whose order is kept. In place of `subject` and `commonName`.', {
    maxLength: 2048,
    'x-kubernetes-validations': LITERAL_SUBJECT_RULES,
  });
}
