import { flag, listOf, optional, record, text } from './field.ts';
import type { Rule } from './field.ts';

const NAME_CONSTRAINT_RULES: readonly Rule[] = [
  {
    rule: 'has(self.permitted) || has(self.excluded)',
    reason: 'FieldValueRequired',
    message: 'has neither permitted nor excluded: set one of them',
  },
];

/** Names that a CA may or may not issue for (RFC 5280 section 4.2.1.10). */
export function nameConstraints() {
  return record(
    'Names that this CA may, or may not, issue certificates for. Only with `isCA`.',
    {
      critical: optional(flag('Whether a program that does not know this extension must refuse the certificate.')),
      permitted: optional(names('The only names that the CA may issue for.')),
      excluded: optional(names('Names that the CA may not issue for.')),
    },
    { 'x-kubernetes-validations': NAME_CONSTRAINT_RULES },
  );
}

function names(description: string) {
  return record(description, {
    dnsDomains: optional(listOf('DNS domains, with everything below them.', text('One domain.'))),
    ipRanges: optional(listOf('IP addresses, in CIDR notation.', text('One range.'))),
    emailAddresses: optional(listOf('Mail addresses, or domains of them.', text('One address or domain.'))),
    uriDomains: optional(listOf('Domains of URIs.', text('One domain.'))),
  });
}
