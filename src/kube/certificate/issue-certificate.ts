import type { KeyObject } from 'node:crypto';
import { assertNever } from '../../core/assert-never.ts';
import { encodePrivateKey } from '../../pki/encode-key.ts';
import { again, done } from '../api/controller.ts';
import type { Result } from '../api/controller.ts';
import { fromTime } from '../conditions.ts';
import { requestState } from '../request/request-state.ts';
import type { RequestState } from '../request/request-state.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { CertificateDeps } from './certificate-deps.ts';
import { certificateState } from './certificate-state.ts';
import { issuingSince, withFailure, withIssued, withReadiness, withWaiting } from './certificate-status.ts';
import type { Cause } from './certificate-status.ts';
import { issuedFault } from './check-issued.ts';
import { ensureKey } from './ensure-key.ts';
import { ensureRequest } from './ensure-request.ts';
import type { CertificateView } from './gather-certificate.ts';
import { nextTimes, restUntil } from './next-look.ts';
import { newNextKeyName } from './next-key.ts';
import { temporaryViolation } from './policies.ts';
import { judgeReadiness } from './readiness.ts';
import { sayWindowError } from './say-window-error.ts';
import { temporaryMaterial, wantsTemporary } from './temporary-certificate.ts';
import { dropNextKeys, dropOldRequests } from './tidy-certificate.ts';
import { writeStatus } from './write-status.ts';

/** How long an issuance may wait for something before the Certificate itself says what for, in ms. */
const PATIENCE = 30_000;
/** The same where there is a reason that a person may have to do something about: a CNAME to add, an issuer to mend. */
const PATIENCE_WITH_REASON = 1000;
/** How long a request of another Certificate may be in the way before it is looked at again, in ms. */
const NAME_TAKEN_PAUSE = 1000;
/** How often a password is looked for that no event told of, in ms. */
const PASSWORD_PAUSE = 5 * 60_000;

/**
 * Goes on with the issuance of a Certificate whose Issuing condition is True: key, request, answer, Secret. Each step is there before the next begins
 * and is found again after a crash; a step that waits for somebody ends here, and is woken.
 */
export async function issueCertificate(
  deps: CertificateDeps,
  view: CertificateView,
  signal: AbortSignal,
): Promise<Result> {
  const { certificate } = view;
  const name = certificate.status?.nextPrivateKeySecretName;
  if (name === undefined || name === '') return chooseName(deps, view, signal);
  const next = await ensureKey(deps, view, name, signal);
  switch (next.kind) {
    case 'in-the-making':
      return done;
    case 'name-taken':
      return chooseName(deps, view, signal);
    case 'blocked':
      return sayWaiting(deps, view, next.message, signal);
    case 'ready':
      break;
    default:
      return assertNever(next);
  }
  const asked = await ensureRequest(deps, view, { key: next.key, keyName: name }, signal);
  if (asked.kind === 'name-taken' && asked.message === undefined) return again(NAME_TAKEN_PAUSE);
  if (asked.kind === 'name-taken') {
    await sayWaiting(deps, view, asked.message ?? '', signal);
    return again(PATIENCE);
  }
  if (asked.kind === 'impossible') return fail(deps, view, { reason: 'RequestFailed', message: asked.message }, signal);
  const state = requestState(asked.request);
  switch (state.kind) {
    case 'failed':
      return fail(deps, view, state, signal);
    case 'issued': {
      const fault = issuedFault(state.certificate, next.key, deps.clock.now());
      if (fault !== undefined) return fail(deps, view, fault, signal);
      return deliver(deps, view, { request: asked.request, state, key: next.key }, signal);
    }
    case 'waiting':
      await offerTemporary(deps, view, next.key, signal);
      return awaitRequest(deps, view, asked.request, state.message, signal);
    default:
      return assertNever(state);
  }
}

/** Stores a name for the Secret with the next key; the write wakes us again. What a crash left behind without a name is used. */
async function chooseName(deps: CertificateDeps, view: CertificateView, signal: AbortSignal): Promise<Result> {
  const { certificate, nextKeys } = view;
  const taken = certificate.status?.nextPrivateKeySecretName;
  const left = nextKeys.find(({ metadata }) => metadata.name !== taken)?.metadata.name;
  const name = left ?? newNextKeyName(certificate.metadata.name);
  await writeStatus(deps, certificate, { ...certificate.status, nextPrivateKeySecretName: name }, signal);
  return again(0);
}

interface Answered {
  readonly request: CertificateRequest;
  readonly state: Extract<RequestState, { kind: 'issued' }>;
  readonly key: KeyObject;
}

async function deliver(
  deps: CertificateDeps,
  view: CertificateView,
  { request, state, key }: Answered,
  signal: AbortSignal,
): Promise<Result> {
  const { certificate } = view;
  const privateKey = encodePrivateKey(key, certificate.spec.privateKey?.encoding ?? 'PKCS1');
  const material = { privateKey, certificate: state.certificate, ca: state.ca };
  const kept = await deps.keeper.deliver(certificate, view.secret, material, signal);
  if (kept.kind === 'no-password') {
    deps.events.record(certificate, {
      type: 'Warning',
      reason: 'KeystorePasswordSecretNotFound',
      message: kept.message,
    });
    await sayWaiting(deps, view, kept.message, signal);
    return again(PASSWORD_PAUSE);
  }
  const now = deps.clock.now();
  const secret = kept.kind === 'written' ? kept.secret : view.secret;
  const status = withIssued(certificate.status ?? {}, (certificate.status?.revision ?? 0) + 1);
  const readiness = judgeReadiness({ certificate: { ...certificate, status }, secret, currentRequest: request }, now);
  const written = await writeStatus(deps, certificate, withReadiness(certificate, status, readiness, now), signal);
  const message = 'The certificate has been successfully issued';
  deps.events.record(certificate, { type: 'Normal', reason: 'Issuing', message });
  sayWindowError(deps, certificate, readiness);
  deps.issued?.(certificate, now - (issuingSince(certificate) ?? now));
  const after = {
    ...view,
    certificate: written,
    currentRequest: request,
    olderRequests:
      view.currentRequest === undefined ? view.olderRequests : [view.currentRequest, ...view.olderRequests],
  };
  await dropNextKeys(deps, after, signal);
  await dropOldRequests(deps, after, signal);
  // One that has to be renewed at once is looked at anew.
  if (readiness.violation !== undefined || (readiness.times.renewalTime ?? Infinity) <= now) return again(0);
  return restUntil(nextTimes(readiness), now);
}

async function fail(deps: CertificateDeps, view: CertificateView, cause: Cause, signal: AbortSignal): Promise<Result> {
  const { certificate } = view;
  const message = `The certificate request has failed to complete and will be retried: ${cause.message}`;
  const failure = { reason: cause.reason, message };
  const status = withFailure(certificate, certificate.status ?? {}, failure, deps.clock.now());
  await writeStatus(deps, certificate, status, signal);
  deps.events.record(certificate, { type: 'Warning', ...failure });
  deps.failed?.(certificate, cause.reason);
  await dropNextKeys(deps, view, signal);
  return again(0);
}

/** Something for a server to start with, where it is asked for and there is nothing. */
async function offerTemporary(
  deps: CertificateDeps,
  { certificate, secret, currentRequest }: CertificateView,
  key: KeyObject,
  signal: AbortSignal,
): Promise<void> {
  if (!wantsTemporary(certificate)) return;
  const now = deps.clock.now();
  if (temporaryViolation(certificateState({ certificate, secret, currentRequest }), now) === undefined) return;
  const material = await temporaryMaterial(certificate, key, now);
  const kept = await deps.keeper.deliver(certificate, secret, material, signal);
  if (kept.kind !== 'written') return;
  deps.events.record(certificate, { type: 'Normal', reason: 'Issuing', message: 'Issued temporary certificate' });
}

/** What comes of a request wakes us. That it has not come for a while is said. */
async function awaitRequest(
  deps: CertificateDeps,
  view: CertificateView,
  request: CertificateRequest,
  why: string | undefined,
  signal: AbortSignal,
): Promise<Result> {
  const waited = deps.clock.now() - (fromTime(request.metadata.creationTimestamp) ?? 0);
  // What goes its usual way says only the state of its order.
  const isUsual = why === undefined || /: "\w*"$/.test(why);
  const patience = isUsual ? PATIENCE : PATIENCE_WITH_REASON;
  if (waited < patience) return again(patience - waited);
  const reason = why ?? 'nobody has approved or signed it yet';
  return sayWaiting(deps, view, `CertificateRequest "${request.metadata.name}": ${reason}`, signal);
}

async function sayWaiting(
  deps: CertificateDeps,
  { certificate }: CertificateView,
  message: string,
  signal: AbortSignal,
): Promise<Result> {
  await writeStatus(deps, certificate, withWaiting(certificate.status ?? {}, message), signal);
  return done;
}
