import { z } from 'zod';

// The words that the schemas of this folder are written in. Each schema is three things at once: a TypeScript type, a loose parser for what an API
// server sends, and a part of a CustomResourceDefinition. What only the API server has to check (lengths, patterns, CEL) is in the registry, so
// that an object that was stored under other rules can still be read.

/** One entry of `x-kubernetes-validations`. */
export interface Rule {
  readonly rule: string;
  readonly message?: string;
  /** CEL that makes the message; `message` is shown when it fails or is too dear. */
  readonly messageExpression?: string;
  readonly reason?: 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueForbidden' | 'FieldValueDuplicate';
  /** The field below this one that is at fault, such as `.utf8Value`. */
  readonly fieldPath?: string;
}

/** What a CustomResourceDefinition says about a field beyond its type. Names are those of OpenAPI. */
export interface OpenApi {
  readonly description?: string;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic';
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

/** What the schemas of this folder say to an API server. */
export const openApi = z.registry<OpenApi>();

type Shape = Record<string, z.ZodType>;

export function text(description: string, more: OpenApi = {}): z.ZodString {
  return z.string().register(openApi, { description, ...more });
}

/** One of these words. */
export function oneOf<const T extends readonly [string, ...string[]]>(
  description: string,
  words: T,
  more: OpenApi = {},
) {
  return z.enum(words).register(openApi, { description, ...more });
}

export function flag(description: string, more: OpenApi = {}): z.ZodBoolean {
  return z.boolean().register(openApi, { description, ...more });
}

export function wholeNumber(description: string, more: OpenApi = {}) {
  return z.int().register(openApi, { description, ...more });
}

/** A point in time, RFC 3339 to the second. */
export function time(description: string): z.ZodString {
  return text(description, { format: 'date-time' });
}

/** Bytes, in base64. */
export function bytes(description: string, more: OpenApi = {}): z.ZodString {
  return text(description, { format: 'byte', ...more });
}

export function listOf<T extends z.ZodType>(description: string, item: T, more: OpenApi = {}): z.ZodArray<T> {
  return z.array(item).register(openApi, { description, 'x-kubernetes-list-type': 'atomic', ...more });
}

export function textMap(description: string, more: OpenApi = {}, value: z.ZodString = z.string()) {
  return z.record(z.string(), value).register(openApi, { description, ...more });
}

/** An object. Fields that are not named here are kept when it is read, though its type does not show them. */
export function record<T extends Shape>(description: string, shape: T, more: OpenApi = {}): z.ZodObject<T> {
  const loose = z.looseObject(shape) as unknown as z.ZodObject<T>;
  return loose.register(openApi, { description, ...more });
}

/** An object whose fields are kept as they are, because nothing here acts on them. */
export function kept(description: string) {
  return z
    .record(z.string(), z.unknown())
    .register(openApi, { description, 'x-kubernetes-preserve-unknown-fields': true });
}

export function optional<T extends z.ZodType>(schema: T): z.ZodOptional<T> {
  return z.optional(schema);
}

/** A field of a status: one that makes no sense is read as missing, because whoever wrote it, a controller must be able to put it right. */
export function observed<T extends z.ZodType>(schema: T): z.ZodCatch<z.ZodOptional<T>> {
  return z.optional(schema).catch(undefined);
}
