import { z } from 'zod';
import { defineResource } from './define-resource.ts';
import { objectSchema } from './object-schema.ts';

const leaseSchema = objectSchema.extend({
  spec: z
    .looseObject({
      holderIdentity: z.string().optional(),
      leaseDurationSeconds: z.number().optional(),
      /** MicroTime: RFC 3339 with six digits after the point. */
      acquireTime: z.string().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.number().optional(),
    })
    .optional(),
});

export type Lease = z.infer<typeof leaseSchema>;

export const leases = defineResource(
  { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true },
  leaseSchema,
);
