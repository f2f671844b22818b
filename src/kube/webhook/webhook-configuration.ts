import { z } from 'zod';
import type { KubeClient } from '../api/client.ts';
import { defineResource } from '../api/define-resource.ts';
import { objectSchema } from '../api/object-schema.ts';

const schema = objectSchema.extend({
  webhooks: z
    .array(z.looseObject({ name: z.string(), clientConfig: z.looseObject({ caBundle: z.string().optional() }) }))
    .optional(),
});

const mutatingWebhookConfigurations = defineResource(
  {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'mutatingwebhookconfigurations',
    kind: 'MutatingWebhookConfiguration',
    namespaced: false,
  },
  schema,
);

/** The one of deploy/webhook.yaml. */
export const WEBHOOK_CONFIGURATION = 'evercert';

/**
 * Tells the API server by which roots (PEM) it may trust our webhook. Says whether the configuration is there.
 * Nothing is written when it says so already, and `kube-conflict` is thrown when somebody else changes it at the same time.
 */
export async function trustWebhook(
  client: Pick<KubeClient, 'get' | 'patch'>,
  trust: string,
  signal: AbortSignal,
): Promise<boolean> {
  const key = { name: WEBHOOK_CONFIGURATION };
  const found = await client.get(mutatingWebhookConfigurations, key, { signal });
  if (found === undefined) return false;
  const caBundle = Buffer.from(trust).toString('base64');
  const { webhooks = [], metadata } = found;
  const changes = webhooks.flatMap(({ clientConfig }, index) =>
    clientConfig.caBundle === caBundle
      ? []
      : [{ op: 'add' as const, path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle }],
  );
  if (changes.length === 0) return true;
  const unchanged = { op: 'test' as const, path: '/metadata/resourceVersion', value: metadata.resourceVersion };
  await client.patch(mutatingWebhookConfigurations, key, { type: 'json', body: [unchanged, ...changes] }, { signal });
  return true;
}
