import type { z } from 'zod';
import { optional, record, text } from './field.ts';
import type { OpenApi } from './field.ts';

/** Kind and group have no default here: the API server would write it into every object, and every certificate would look changed. */
export function issuerReference(description: string, more: OpenApi = {}) {
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
    more,
  );
}

export type IssuerReference = z.infer<ReturnType<typeof issuerReference>>;
