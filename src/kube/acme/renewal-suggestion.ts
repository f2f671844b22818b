import { chosenByCa, suggestedPlan, suggestedWindow } from '../certificate/renewal-time.ts';
import type { Lifetime } from '../certificate/renewal-time.ts';
import { fromTime, toTime } from '../conditions.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import type { CertificateStatus } from '../schema/certificate-status.ts';
import type { RenewalSuggestion } from './acme-access.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** When this part of the lifetime is left, no suggestion delays the renewal. */
const EMERGENCY = 1 / 20;
/** After a question that failed, in ms. */
const PAUSE_AFTER_FAULT = 60 * MINUTE;
/** A CA that has no such information may have it one day. */
const PAUSE_WITHOUT = 24 * 60 * MINUTE;

/** When the CA is to be asked about the certificate that the status tells of, ms since the epoch; 0 when it has not been asked yet. */
export function nextQuestion(status: CertificateStatus): number {
  return fromTime(status.acme?.ari?.nextCheck) ?? 0;
}

/**
 * The status with what the CA has said. The point of its window is drawn once (`random` in [0, 1)), and again only when the window moves
 * (RFC 9773 section 4.2): a restart must not move a renewal, and a fleet must not renew at one moment.
 */
export function withSuggestion(
  status: CertificateStatus,
  spec: CertificateSpec,
  lifetime: Lifetime,
  { suggestedWindow: window, explanationUrl, retryAfter }: RenewalSuggestion,
  { now, random }: { readonly now: number; readonly random: number },
): CertificateStatus {
  const ari = {
    suggestedWindow: { start: toTime(window.start), end: toTime(window.end) },
    ...(explanationUrl === undefined ? {} : { explanationURL: explanationUrl }),
    ...asked(now, Math.max(retryAfter, now + MINUTE)),
  };
  const before = suggestedWindow(status);
  const isSame =
    before !== undefined &&
    toTime(before.start) === ari.suggestedWindow.start &&
    toTime(before.end) === ari.suggestedWindow.end;
  const plan = suggestedPlan(lifetime, spec, window, random);
  const isFirst = status.acme?.ari === undefined;
  const drawn = plan.kind === 'at' ? bounded(plan.at, lifetime, isFirst ? now : undefined) : undefined;
  const chosen = (isSame ? chosenByCa(status, lifetime) : undefined) ?? drawn;
  const { renewalTime: _, ...rest } = status;
  return { ...rest, ...(chosen === undefined ? {} : { renewalTime: toTime(chosen) }), acme: { ...status.acme, ari } };
}

/**
 * Not later than where it becomes urgent; and not at once for a certificate that the CA is asked about for the first time, which has just been
 * issued: a CA whose suggestions make no sense would have it renewed again and again.
 */
function bounded(at: number, { notBefore, notAfter }: Lifetime, firstAskedAt: number | undefined): number {
  const life = notAfter - notBefore;
  const earliest = firstAskedAt === undefined ? 0 : firstAskedAt + Math.min(HOUR, life / 3);
  const wished = Math.max(at, earliest);
  const latest = notAfter - life * EMERGENCY;
  return Math.floor((latest > (firstAskedAt ?? 0) ? Math.min(wished, latest) : at) / 1000) * 1000;
}

/** The CA says nothing of the kind. */
export function withoutSuggestion(status: CertificateStatus, now: number): CertificateStatus {
  return { ...status, acme: { ...status.acme, ari: asked(now, now + PAUSE_WITHOUT) } };
}

/** It could not be asked; what it said before holds. `retryAt`: not before this, where it said so. */
export function withSuggestionFault(
  status: CertificateStatus,
  message: string,
  { now, retryAt = 0 }: { readonly now: number; readonly retryAt?: number },
): CertificateStatus {
  const next = asked(now, Math.max(retryAt, now + PAUSE_AFTER_FAULT));
  return { ...status, acme: { ...status.acme, ari: { ...status.acme?.ari, ...next, lastError: message } } };
}

function asked(now: number, next: number): { lastChecked: string; nextCheck: string } {
  return { lastChecked: toTime(now), nextCheck: toTime(next) };
}
