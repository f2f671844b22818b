import { oneOf, optional, record, wholeNumber } from './field.ts';
import type { Rule } from './field.ts';

const PRIVATE_KEY_RULES: readonly Rule[] = [
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

/** How the key of a certificate is made. */
export function privateKey() {
  return record(
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
  );
}
