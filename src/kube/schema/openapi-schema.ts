import { z } from 'zod';
import { openApi } from './field.ts';

/** A schema of OpenAPI 3.0 in the structural form that a CustomResourceDefinition takes. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Of each schema, the words that come first where people read it. */
const FIRST = ['description', 'type', 'format', 'enum', 'required'];

/** What an API server is told about objects that this schema reads. */
export function openApiSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { metadata: openApi, target: 'openapi-3.0', io: 'input' });
  return structural(json);
}

function structural(schema: Readonly<Record<string, unknown>>): JsonSchema {
  const changed = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    switch (key) {
      case 'properties':
        return [
          [
            key,
            Object.fromEntries(Object.entries(asObject(value)).map(([name, of]) => [name, structural(asObject(of))])),
          ],
        ];
      case 'items':
        return [[key, structural(asObject(value))]];
      case 'additionalProperties':
        // `{}` lets everything through, which a CustomResourceDefinition says with x-kubernetes-preserve-unknown-fields.
        return Object.keys(asObject(value)).length === 0 ? [] : [[key, structural(asObject(value))]];
      case 'minimum':
      case 'maximum':
        // What zod knows of JavaScript is nothing that the API server has to check.
        return Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER ? [] : [[key, value]];
      default:
        return [[key, value]];
    }
  });
  return Object.fromEntries(changed.toSorted(([a], [b]) => rank(a) - rank(b)));
}

function rank(key: string): number {
  const index = FIRST.indexOf(key);
  return index < 0 ? FIRST.length : index;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
