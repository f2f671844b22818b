import type { Clock } from '../core/clock.ts';
import { DomainError, messageOf } from '../core/error.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { isKubeError } from '../kube/api/kube-error.ts';
import { certificateRequestResource } from '../kube/schema/certificate-request.ts';
import { certificateResource } from '../kube/schema/certificate.ts';
import { challengeResource } from '../kube/schema/challenge.ts';
import { clusterIssuerResource, issuerResource } from '../kube/schema/issuer.ts';
import { orderResource } from '../kube/schema/order.ts';

const KINDS = [
  certificateResource,
  certificateRequestResource,
  issuerResource,
  clusterIssuerResource,
  orderResource,
  challengeResource,
];
/** How often it is looked again while somebody waits, in ms. */
const LOOK_EVERY = 500;

/** Why Certificates cannot be made in a cluster now, in one sentence; undefined when they can. Nothing is left behind. */
export async function apiFault(
  client: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const resource of KINDS) {
    if (await client.hasResource(resource, { signal })) continue;
    return `the API server does not know the kind ${resource.kind}; install it: evercert kube crds | kubectl apply --server-side -f -`;
  }
  const probe = {
    metadata: { name: 'evercert-check-api', namespace },
    spec: { secretName: 'evercert-check-api', dnsNames: ['check.example.com'], issuerRef: { name: 'check' } },
  };
  try {
    // As a Certificate of a person goes: through the rules, and whatever webhook may stand in the way.
    await client.create(certificateResource, probe, { signal, dryRun: true });
    return undefined;
  } catch (error) {
    if (isKubeError(error, 'kube-exists')) return undefined;
    return `the API server does not take a Certificate: ${messageOf(error)}`;
  }
}

/** Until there is no fault, or no time is left. @throws DomainError `kube-api-not-ready`, and what keeps us from looking */
export async function checkApi(
  client: KubeClient,
  options: { readonly namespace: string; readonly wait: number; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const { namespace, wait, clock } = options;
  const limit = clock.now() + wait;
  for (;;) {
    const fault = await apiFault(client, namespace, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      return error instanceof Error ? error : new Error(messageOf(error));
    });
    if (fault === undefined) return;
    if (clock.now() + LOOK_EVERY > limit)
      throw typeof fault === 'string' ? new DomainError('kube-api-not-ready', fault) : fault;
    await clock.sleep(LOOK_EVERY, signal);
  }
}
