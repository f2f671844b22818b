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
export const namespaces = defineResource(
  { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false },
  namespaceSchema,
);
