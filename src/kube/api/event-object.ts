import { z } from 'zod';
import { defineResource } from './define-resource.ts';
import { objectSchema } from './object-schema.ts';

const eventSchema = objectSchema.extend({
  involvedObject: z.looseObject({
    apiVersion: z.string().optional(),
    kind: z.string().optional(),
    namespace: z.string().optional(),
    name: z.string().optional(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
  }),
  type: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  count: z.number().optional(),
  firstTimestamp: z.string().nullish(),
  lastTimestamp: z.string().nullish(),
  source: z.looseObject({ component: z.string().optional() }).optional(),
  reportingComponent: z.string().optional(),
  reportingInstance: z.string().optional(),
});

/** An event of the core group: what `kubectl describe` and `kubectl get events` show. */
export type Event = z.infer<typeof eventSchema>;

export const events = defineResource(
  { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true },
  eventSchema,
);
