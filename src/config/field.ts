import * as z from 'zod/mini';
import { DomainError, messageOf } from '../core/error.ts';
import { nearest } from './did-you-mean.ts';

/** What a value is in the file; it decides how it is read from the environment, and whether it is a path. */
export type Kind = 'text' | 'path' | 'number' | 'flag' | 'list' | 'routes';

/** A value as TOML has it. */
export type Raw = string | number | boolean | readonly string[] | Readonly<Record<string, readonly string[]>>;

/** What docs and messages say of a key; docs/configuration.md is held against it by a test. */
export interface About {
  readonly kind: Kind;
  readonly about: string;
  /** What is taken when the key is absent; a key without one may stay absent, unless it is required. */
  readonly preset?: Raw | undefined;
  readonly example: Raw;
}

export interface Field<S extends z.core.$ZodType = z.core.$ZodType> extends About {
  readonly schema: S;
}

type Described = Omit<About, 'kind' | 'preset' | 'example'>;
type Presettable<T> = Described & { readonly preset: T; readonly example?: T };
type Absentable<T> = Described & { readonly example: T };

/** A text that `parse` understands; what it throws is the message. */
export function parsed<T>(parse: (text: string) => T) {
  return z.pipe(
    z.string(),
    z.transform((text: string, context): T => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        context.issues.push({ code: 'custom', message: messageOf(error), input: text });
        return z.NEVER;
      }
    }),
  );
}

export function wholeNumber(lowest: number, highest: number) {
  return z.pipe(
    z.number(),
    z.transform((value: number, context): number => {
      if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
      const message = `${value} is not a whole number from ${lowest} to ${highest}`;
      context.issues.push({ code: 'custom', message, input: value });
      return z.NEVER;
    }),
  );
}

export function oneOf<const T extends string>(...values: readonly T[]) {
  return parsed((text): T => {
    const found = values.find((value) => value === text);
    if (found !== undefined) return found;
    const near = nearest(text, values);
    const hint = near === undefined ? `write one of ${values.map(quoted).join(', ')}` : `did you mean ${quoted(near)}?`;
    throw new DomainError('invalid-config', `${quoted(text)} is not possible here; ${hint}`);
  });
}

export function listOf<S extends z.core.$ZodType>(schema: S) {
  return z.array(schema);
}

export function required<S extends z.core.$ZodType>(kind: Kind, schema: S, about: Absentable<Raw>): Field<S> {
  return { ...about, kind, schema };
}

export function optional<S extends z.core.$ZodType>(kind: Kind, schema: S, about: Absentable<Raw>) {
  return { ...about, kind, schema: z.optional(schema) } satisfies Field;
}

export function preset<S extends z.core.$ZodType>(kind: Kind, schema: S, about: Presettable<z.core.input<S> & Raw>) {
  return { example: about.preset, ...about, kind, schema: z.prefault(schema, about.preset) } satisfies Field;
}

/** The schema of a table from its fields; other keys are faults. */
export function table<F extends Readonly<Record<string, Field>>>(fields: F) {
  const shape = Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema]));
  return z.strictObject(shape as { -readonly [K in keyof F]: F[K]['schema'] });
}

export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}

/** A value as it is written in the file. */
export function tomlText(value: Raw): string {
  if (typeof value !== 'object' || Array.isArray(value)) return JSON.stringify(value).replaceAll('","', '", "');
  const pairs = Object.entries(value).map(([key, list]) => `${quoted(key)} = ${tomlText(list)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}
