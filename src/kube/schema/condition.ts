import type { z } from 'zod';
import { listOf, oneOf, optional, record, text, time, wholeNumber } from './field.ts';
import type { Rule } from './field.ts';

const CONDITION = {
  type: text('What this condition is about.', { maxLength: 316 }),
  status: oneOf('Whether it holds.', ['True', 'False', 'Unknown']),
  reason: optional(text('One word for programs: why it has this status.')),
  message: optional(text('A sentence for people: why it has this status.')),
  lastTransitionTime: optional(time('Since when it has this status.')),
};

/** Conditions of a kind whose spec may change: each says which generation of the spec it is about. */
export function conditions(description: string) {
  const observedGeneration = optional(
    wholeNumber('The generation of the spec that this condition was found for.', { format: 'int64' }),
  );
  return list(description, record('One condition.', { ...CONDITION, observedGeneration }));
}

/** Conditions of a kind whose spec never changes. */
export function conditionsOfRequest(description: string, rules: readonly Rule[] = []) {
  return list(description, record('One condition.', CONDITION), rules);
}

function list<T extends z.ZodType>(description: string, condition: T, rules: readonly Rule[] = []) {
  return listOf(description, condition, {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
    maxItems: 64,
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
  });
}

/** One condition of any kind of object. */
export type Condition = z.infer<ReturnType<typeof conditions>>[number];
