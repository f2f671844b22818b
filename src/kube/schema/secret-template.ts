import { optional, record, text, textMap } from './field.ts';
import type { Rule } from './field.ts';

const SECRET_ANNOTATION_RULES: readonly Rule[] = [
  {
    rule: `self.all(key, !key.startsWith('cert-manager.io/') || key == 'cert-manager.io/allow-direct-injection')`,
    messageExpression: `self.filter(key, key.startsWith('cert-manager.io/') && key != 'cert-manager.io/allow-direct-injection')[0] + ': annotations that begin with cert-manager.io/ are not for a template'`,
    message: 'annotations that begin with cert-manager.io/ are not for a template',
  },
];

const LABEL_VALUE_RULES: readonly Rule[] = [
  {
    rule: `self.matches('^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$')`,
    message:
      'cannot be the value of a label: at most 63 letters, digits, - _ and ., with a letter or digit at both ends',
  },
];

/** What the Secret of a certificate is to have beside it. */
export function secretTemplate() {
  return record('What to put on the Secret beside the certificate. Removed from it when it is removed here.', {
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
  });
}
