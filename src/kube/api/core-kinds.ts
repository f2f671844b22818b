import { z } from 'zod';
import { defineResource } from './define-resource.ts';
import { objectSchema } from './object-schema.ts';

const configMapSchema = objectSchema.extend({ data: z.record(z.string(), z.string()).optional() });
export type ConfigMap = z.infer<typeof configMapSchema>;
export const configMaps = defineResource(
  { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true },
  configMapSchema,
);

const namespaceSchema = objectSchema.extend({ status: z.looseObject({ phase: z.string().optional() }).optional() });
export type Namespace = z.infer<typeof namespaceSchema>;
export const namespaces = defineResource(
  { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false },
  namespaceSchema,
);

const serviceSchema = objectSchema.extend({
  spec: z
    .looseObject({
      type: z.string().optional(),
      clusterIP: z.string().optional(),
      selector: z.record(z.string(), z.string()).optional(),
      ports: z.array(z.looseObject({ name: z.string().optional(), port: z.number() })).optional(),
    })
    .optional(),
});
export type Service = z.infer<typeof serviceSchema>;
export const services = defineResource(
  { group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true },
  serviceSchema,
);
