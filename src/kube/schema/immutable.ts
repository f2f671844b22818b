import type { Rule } from './field.ts';

/** For the spec of objects that are made once and only worked on afterwards. */
export const IMMUTABLE: readonly Rule[] = [
  {
    rule: 'self == oldSelf',
    reason: 'FieldValueForbidden',
    message: 'never changes: delete the object and make a new one',
  },
];
