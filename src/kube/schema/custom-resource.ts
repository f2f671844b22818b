import type { z } from 'zod';
import type { Resource } from '../api/resource.ts';
import type { Rule } from './field.ts';
import { openApiSchema } from './openapi-schema.ts';
import type { JsonSchema } from './openapi-schema.ts';

export interface PrintColumn {
  readonly name: string;
  readonly type: 'string' | 'date';
  readonly jsonPath: string;
  /** 1 shows it only with `-o wide`. */
  readonly priority?: 1;
}

/** What a CustomResourceDefinition says beside what its Resource already does. */
export interface CustomResource {
  readonly resource: Resource;
  readonly description: string;
  readonly shortNames?: readonly string[];
  readonly categories: readonly string[];
  readonly columns: readonly PrintColumn[];
  readonly selectableFields?: readonly string[];
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  /** Rules of the object as a whole. */
  readonly rules?: readonly Rule[];
}

export type CustomResourceDefinition = Readonly<Record<string, unknown>>;

/** The manifest that teaches an API server this kind of object. */
export function customResourceDefinition(of: CustomResource): CustomResourceDefinition {
  const { group, version, plural, kind, namespaced } = of.resource;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      labels: { 'app.kubernetes.io/name': 'evercert', 'app.kubernetes.io/component': 'crds' },
    },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(of.shortNames === undefined ? {} : { shortNames: of.shortNames }),
        categories: of.categories,
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [...of.columns, AGE],
          ...(of.selectableFields === undefined
            ? {}
            : { selectableFields: of.selectableFields.map((jsonPath) => ({ jsonPath })) }),
          schema: { openAPIV3Schema: objectSchema(of) },
        },
      ],
    },
  };
}

const AGE: PrintColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

function objectSchema({ description, spec, status, rules }: CustomResource): JsonSchema {
  return {
    description,
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: openApiSchema(spec),
      status: openApiSchema(status),
    },
    ...(rules === undefined ? {} : { 'x-kubernetes-validations': rules }),
  };
}
