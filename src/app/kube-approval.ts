import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { conditionOf, withCondition } from '../kube/conditions.ts';
import { certificateRequestResource } from '../kube/schema/certificate-request.ts';
import { tryAgain } from './kube-try-again.ts';

export interface Decision {
  readonly type: 'Approved' | 'Denied';
  readonly reason: string;
  readonly message: string;
}

/**
 * Approves or denies a CertificateRequest, once and for all: neither is ever taken back.
 * @throws DomainError `kube-not-found`, `request-decided`; `kube-forbidden` without the verb `approve` on its signer
 */
export async function decideRequest(
  client: KubeClient,
  key: { readonly namespace: string; readonly name: string },
  decision: Decision,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  await tryAgain(async () => {
    const request = await client.get(certificateRequestResource, key, { signal });
    if (request === undefined) {
      const message = `there is no CertificateRequest ${key.name} in the namespace ${key.namespace}; see: kubectl get certificaterequests -A`;
      throw new DomainError('kube-not-found', message);
    }
    for (const type of ['Approved', 'Denied']) {
      const before = conditionOf(request.status?.conditions, type);
      if (before === undefined) continue;
      const message = `the CertificateRequest ${key.name} is ${type.toLowerCase()} already (${before.reason ?? 'no reason given'}), and that is never taken back`;
      throw new DomainError('request-decided', message);
    }
    const finding = { ...decision, status: 'True' } as const;
    const conditions = [...withCondition(request.status?.conditions, finding, clock.now())];
    await client.updateStatus(
      certificateRequestResource,
      { ...request, status: { ...request.status, conditions } },
      { signal },
    );
  });
}
