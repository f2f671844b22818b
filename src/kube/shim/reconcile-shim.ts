import { isKubeError } from '../api/kube-error.ts';
import type { KubeError } from '../api/kube-error.ts';
import type { KubeObject } from '../api/object.ts';
import type { KubeDeps } from '../deps.ts';
import { certificatesOfController } from '../indexes.ts';
import { certificateResource } from '../schema/certificate.ts';
import type { Certificate } from '../schema/certificate.ts';
import { http01Notice } from './http01-notice.ts';
import { planCertificates } from './plan-certificates.ts';
import type { CertificatePlan } from './plan-certificates.ts';
import type { ShimOptions } from './shim-options.ts';
import type { ShimSource } from './shim-source.ts';
import { isGoing } from './shim-request.ts';

/** What stays wrong until somebody changes something: one sentence each. */
export type Problems = readonly string[];

/** Makes the Certificates of one Ingress, Gateway or ListenerSet what it asks for. @throws KubeError */
export async function reconcileShim<T extends KubeObject>(
  deps: KubeDeps,
  source: ShimSource<T>,
  options: ShimOptions,
  owner: T,
  signal: AbortSignal,
): Promise<Problems> {
  if (isGoing(owner)) return [];
  const { certificates } = deps;
  const { namespace } = owner.metadata;
  const plan = planCertificates(
    {
      owner,
      request: source.requestOf(owner),
      certificate: (name) => certificates.get({ namespace, name }),
      owned: certificatesOfController(certificates, owner),
    },
    options,
  );
  const refusals = await carryOut(deps, source, owner, plan, signal);
  const notices = plan.issuerRef === undefined ? [] : http01Notice(deps, owner, plan.issuerRef);
  return [...plan.problems, ...refusals, ...notices];
}

async function carryOut(
  { client, certificates, events }: KubeDeps,
  { name: controller }: Pick<ShimSource, 'name'>,
  owner: KubeObject,
  plan: CertificatePlan,
  signal: AbortSignal,
): Promise<Problems> {
  // The names that cert-manager gives to who writes: fields stay with the same owner when somebody moves.
  const component = `cert-manager-${controller}`;
  const how = { signal, fieldManager: component };
  const refusals: string[] = [];
  const tell = (reason: string, message: string): void => {
    events.record(owner, { type: 'Normal', reason, message, component });
  };
  const write = async (name: string, act: () => Promise<Certificate>): Promise<boolean> => {
    try {
      certificates.upsert(await act());
      return true;
    } catch (error) {
      // Somebody else was faster: the next look is at what there is now.
      if (isKubeError(error, 'kube-conflict', 'kube-exists')) await refresh(name);
      if (!isKubeError(error, 'kube-invalid')) throw error;
      refusals.push(`Certificate "${name}" cannot be made as the annotations say: ${causesOf(error)}`);
      return false;
    }
  };
  const refresh = async (name: string): Promise<void> => {
    const { namespace } = owner.metadata;
    const newest = await client.get(certificateResource, { namespace, name }, { signal });
    if (newest !== undefined) certificates.upsert(newest);
  };
  for (const wanted of plan.creates) {
    const { name } = wanted.metadata;
    const isMade = await write(name, () => client.create(certificateResource, wanted, how));
    if (isMade) tell('CreateCertificate', `Successfully created Certificate "${name}"`);
  }
  for (const changed of plan.updates) {
    const { name } = changed.metadata;
    const isMade = await write(name, () => client.update(certificateResource, changed, how));
    if (isMade) tell('UpdateCertificate', `Successfully updated Certificate "${name}"`);
  }
  for (const { metadata } of plan.deletes) {
    const isGone = await client.delete(certificateResource, metadata, { signal, uid: metadata.uid });
    if (isGone) tell('DeleteCertificate', `Successfully deleted unrequired Certificate "${metadata.name}"`);
  }
  return refusals;
}

function causesOf({ causes, message }: KubeError): string {
  if (causes.length === 0) return message;
  return causes.map((cause) => (cause.field === '' ? cause.message : `${cause.field}: ${cause.message}`)).join('; ');
}
