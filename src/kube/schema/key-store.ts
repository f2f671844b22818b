import { flag, oneOf, optional, record, text } from './field.ts';
import type { Rule } from './field.ts';
import { secretKey } from './secret-reference.ts';

const KEY_STORE_RULES: readonly Rule[] = [
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

const PASSWORD = {
  passwordSecretRef: optional(secretKey('The password, in a Secret of the same namespace.')),
  password: optional(
    text('The password itself, for programs that insist on one that everybody knows.', { minLength: 1 }),
  ),
};

/** Key stores for programs that do not read PEM. */
export function keystores() {
  return record('Key stores to add to the Secret, for programs that do not read PEM.', {
    jks: optional(
      record(
        'A Java key store.',
        {
          create: flag('Whether to make `keystore.jks`, and `truststore.jks` when the CA is known.'),
          alias: optional(text('Name of the entry; `certificate` when missing.')),
          ...PASSWORD,
        },
        { 'x-kubernetes-validations': KEY_STORE_RULES },
      ),
    ),
    pkcs12: optional(
      record(
        'A PKCS #12 key store.',
        {
          create: flag('Whether to make `keystore.p12`, and `truststore.p12` when the CA is known.'),
          profile: optional(
            oneOf('Algorithms of the store; `LegacyRC2`, which every old program reads, when missing.', [
              'LegacyRC2',
              'LegacyDES',
              'Modern2023',
              'Modern2026',
            ]),
          ),
          ...PASSWORD,
        },
        { 'x-kubernetes-validations': KEY_STORE_RULES },
      ),
    ),
  });
}
