import { z } from 'zod';
import { defineResource } from './define-resource.ts';
import { objectSchema } from './object-schema.ts';

const ingressSchema = objectSchema.extend({
  spec: z
    .looseObject({
      ingressClassName: z.string().optional(),
      tls: z
        .array(z.looseObject({ hosts: z.array(z.string()).optional(), secretName: z.string().optional() }))
        .optional(),
      rules: z.array(z.looseObject({ host: z.string().optional() })).optional(),
    })
    .optional(),
});

export type Ingress = z.infer<typeof ingressSchema>;

export const ingresses = defineResource(
  { group: 'networking.k8s.io', version: 'v1', plural: 'ingresses', kind: 'Ingress', namespaced: true },
  ingressSchema,
);
