import { DomainError } from '../../core/error.ts';
import { done } from '../api/controller.ts';
import type { Result } from '../api/controller.ts';
import { KubeError } from '../api/kube-error.ts';
import type { CertificateDeps } from './certificate-deps.ts';
import { issuingSince, withIssuing, withoutNextKey, withReadiness } from './certificate-status.ts';
import { gatherCertificate } from './gather-certificate.ts';
import type { CertificateView } from './gather-certificate.ts';
import { issueCertificate } from './issue-certificate.ts';
import { newNextKeyName } from './next-key.ts';
import { nextTimes, restUntil } from './next-look.ts';
import { triggerViolation } from './policies.ts';
import { judgeReadiness } from './readiness.ts';
import type { Readiness } from './readiness.ts';
import { sayWindowError } from './say-window-error.ts';
import { dropNextKeys, dropOldRequests } from './tidy-certificate.ts';
import { triggerGate } from './trigger-gate.ts';
import type { Gate } from './trigger-gate.ts';
import { writeStatus } from './write-status.ts';

/** How often it is looked whether a Secret is still somebody else's, in ms. Changes of that Certificate wake us as well. */
const RIVAL_PAUSE = 3 * 60_000;

/**
 * Looks at one Certificate, whatever has happened, and does what is to be done next: GATHER from memory, DECIDE by pure functions, ACT. One controller
 * in place of six, so that what belongs together is written together.
 */
export async function reconcileCertificate(deps: CertificateDeps, key: string, signal: AbortSignal): Promise<Result> {
  const certificate = deps.certificates.get(key);
  if (certificate === undefined || certificate.metadata.deletionTimestamp !== undefined) return done;
  const view = await gatherCertificate(certificate, deps, signal);
  const now = deps.clock.now();
  const readiness = judgeReadiness(view, now);
  const status = withReadiness(certificate, certificate.status ?? {}, readiness, now);
  if (issuingSince(certificate) !== undefined) {
    const written = await writeStatus(deps, certificate, status, signal);
    return issueCertificate(deps, { ...view, certificate: written }, signal);
  }
  const violation = triggerViolation(readiness.state, now);
  const gate: Gate = violation === undefined ? { kind: 'open' } : gateOf(deps, view, now);
  if (violation === undefined || gate.kind !== 'open') return rest(deps, view, { readiness, gate }, signal);
  const name = view.nextKeys[0]?.metadata.name ?? newNextKeyName(certificate.metadata.name);
  const begun = await writeStatus(deps, certificate, withIssuing(certificate, status, violation, name, now), signal);
  deps.pace.begun(certificate.metadata.uid ?? '', certificate.metadata.generation ?? 0, now);
  deps.events.record(begun, { type: 'Normal', reason: 'Issuing', message: violation.message });
  sayWindowError(deps, begun, readiness);
  return issueCertificate(deps, { ...view, certificate: begun }, signal);
}

/** Whether it may begin now: by what the objects say, and by how often it has begun lately. */
function gateOf(deps: CertificateDeps, view: CertificateView, now: number): Gate {
  const gate = triggerGate(view, deps.options.backoff, now);
  if (gate.kind !== 'open') return gate;
  const { uid = '', generation = 0 } = view.certificate.metadata;
  const until = deps.pace.until(uid, generation, now);
  return until === undefined ? gate : { kind: 'backing-off', until };
}

/** Nothing is to be issued now: what is there is kept as it should be, and looked at again when its time has come. */
async function rest(
  deps: CertificateDeps,
  view: CertificateView,
  { readiness, gate }: { readonly readiness: Readiness; readonly gate: Gate },
  signal: AbortSignal,
): Promise<Result> {
  const { certificate } = view;
  const now = deps.clock.now();
  const status = withoutNextKey(withReadiness(certificate, certificate.status ?? {}, readiness, now));
  const written = await writeStatus(deps, certificate, status, signal);
  if (written !== certificate) sayWindowError(deps, written, readiness);
  await dropNextKeys(deps, view, signal);
  if (readiness.violation === undefined) await dropOldRequests(deps, view, signal);
  if (view.rival === undefined) await repairSecret(deps, view, readiness, signal);
  if (gate.kind === 'rival') sayRival(deps, view, gate.name);
  return restUntil(
    [
      ...nextTimes(readiness),
      gate.kind === 'backing-off' ? gate.until : undefined,
      gate.kind === 'rival' ? now + RIVAL_PAUSE : undefined,
    ],
    now,
  );
}

/** Template, output formats, key stores, owner: put right without a new certificate. */
async function repairSecret(
  deps: CertificateDeps,
  { certificate, secret }: CertificateView,
  { state }: Readiness,
  signal: AbortSignal,
): Promise<void> {
  if (secret === undefined || state.key().value === undefined || state.issued().value === undefined) return;
  try {
    const kept = await deps.keeper.repair(certificate, secret, signal);
    if (kept.kind !== 'no-password') return;
    deps.events.record(certificate, {
      type: 'Warning',
      reason: 'KeystorePasswordSecretNotFound',
      message: kept.message,
    });
  } catch (error) {
    // What cannot be encoded cannot be repaired: the policies say what is wrong with it.
    if (error instanceof DomainError && !(error instanceof KubeError)) return;
    throw error;
  }
}

function sayRival(deps: CertificateDeps, { certificate }: CertificateView, rival: string): void {
  const { secretName } = certificate.spec;
  const message = `Secret "${secretName}" belongs to Certificate "${rival}", which names it too: give this one another spec.secretName`;
  deps.events.record(certificate, { type: 'Warning', reason: 'DuplicateSecretName', message });
}
