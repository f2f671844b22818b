import type { z } from 'zod';
import { optional, record, text } from './field.ts';
import type { Rule } from './field.ts';

const OURS = `(!has(self.group) || self.group in ['', 'cert-manager.io'])`;

/** For references that people write. */
export const ISSUER_REFERENCE_RULES: readonly Rule[] = [
  { rule: `self.name != ''`, fieldPath: '.name', reason: 'FieldValueRequired', message: 'must be specified' },
  {
    rule: `!${OURS} || !has(self.kind) || self.kind in ['', 'Issuer', 'ClusterIssuer']`,
    fieldPath: '.kind',
    messageExpression: `'is ' + self.kind + ': must be Issuer or ClusterIssuer' + (has(self.group) && self.group != '' ? '' : '; for an issuer of another kind, set issuerRef.group as well')`,
    message: 'must be Issuer or ClusterIssuer; for an issuer of another kind, set issuerRef.group as well',
  },
];

/** Kind and group have no default here: the API server would write it into every object, and every certificate would look changed. */
export function issuerReference(description: string, rules: readonly Rule[] = []) {
  return record(
    description,
    {
      name: text('Name of the issuer.'),
      kind: optional(
        text('`Issuer` (also when missing): one in the same namespace. `ClusterIssuer`: one for all namespaces.'),
      ),
      group: optional(
        text('API group of the issuer; `cert-manager.io` when missing. Issuers of other groups are left to others.'),
      ),
    },
    rules.length === 0 ? {} : { 'x-kubernetes-validations': rules },
  );
}

export type IssuerReference = z.infer<ReturnType<typeof issuerReference>>;
