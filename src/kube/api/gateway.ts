import { z } from 'zod';
import { defineResource } from './define-resource.ts';
import { objectSchema } from './object-schema.ts';

const listenerSchema = z.looseObject({
  name: z.string(),
  hostname: z.string().optional(),
  port: z.number().optional(),
  protocol: z.string(),
  tls: z
    .looseObject({
      mode: z.string().optional(),
      certificateRefs: z
        .array(
          z.looseObject({
            group: z.string().optional(),
            kind: z.string().optional(),
            name: z.string(),
            namespace: z.string().optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});

/** One listener of a Gateway or of a ListenerSet: both have the same form where we look. */
export type GatewayListener = z.infer<typeof listenerSchema>;

const gatewaySchema = objectSchema.extend({
  spec: z.looseObject({
    gatewayClassName: z.string().optional(),
    listeners: z.array(listenerSchema).optional(),
  }),
});

export type Gateway = z.infer<typeof gatewaySchema>;

export const gateways = defineResource(
  { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'gateways', kind: 'Gateway', namespaced: true },
  gatewaySchema,
);

const listenerSetSchema = objectSchema.extend({
  spec: z.looseObject({
    parentRef: z.looseObject({
      group: z.string().optional(),
      kind: z.string().optional(),
      name: z.string(),
      namespace: z.string().optional(),
    }),
    listeners: z.array(listenerSchema).optional(),
  }),
});

export type ListenerSet = z.infer<typeof listenerSetSchema>;

export const listenerSets = defineResource(
  { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'listenersets', kind: 'ListenerSet', namespaced: true },
  listenerSetSchema,
);

/** As it was before Gateway API 1.5. */
export const experimentalListenerSets = defineResource(
  {
    group: 'gateway.networking.x-k8s.io',
    version: 'v1alpha1',
    plural: 'xlistenersets',
    kind: 'XListenerSet',
    namespaced: true,
  },
  listenerSetSchema,
);
