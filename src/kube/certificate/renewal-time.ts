import { fromTime } from '../conditions.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import type { CertificateStatus } from '../schema/certificate-status.ts';
import { fromGoDuration } from './go-duration.ts';
import { placeInWindow } from './renewal-window.ts';

/** ms since the epoch, of the certificate as it was issued. */
export interface Lifetime {
  readonly notBefore: number;
  readonly notAfter: number;
}

export type RenewalPlan =
  /** `windowError`: the windows could not be kept, and why; the time is then the one without windows. */
  | { readonly kind: 'at'; readonly at: number; readonly windowError?: string | undefined }
  /** `spec.renewal.policy: Disabled` */
  | { readonly kind: 'never' };

type RenewalSpec = Pick<CertificateSpec, 'renewBefore' | 'renewBeforePercentage' | 'renewal'>;

/**
 * When a certificate is to be renewed, as cert-manager computes it: `renewBefore` before its end where that is less than its lifetime, else
 * the percentage of its lifetime that may be left, else a third; in whole seconds; and then in one of the windows, where there are any.
 */
export function renewalPlan(lifetime: Lifetime, spec: RenewalSpec): RenewalPlan {
  if (spec.renewal?.policy === 'Disabled') return { kind: 'never' };
  return placed(Math.floor((lifetime.notAfter - timeLeft(lifetime, spec)) / 1000) * 1000, lifetime, spec);
}

function placed(at: number, { notAfter }: Lifetime, { renewal }: RenewalSpec): RenewalPlan {
  const windows = renewal?.windows ?? [];
  if (windows.length === 0) return { kind: 'at', at };
  const placement = placeInWindow(at, notAfter, windows);
  if (placement.kind === 'at') return placement;
  return { kind: 'at', at, windowError: placement.message };
}

/** How much of its lifetime is left when it is renewed, in ms. */
function timeLeft({ notBefore, notAfter }: Lifetime, spec: RenewalSpec): number {
  const duration = notAfter - notBefore;
  const renewBefore = fromGoDuration(spec.renewBefore);
  if (renewBefore !== undefined && renewBefore > 0 && renewBefore < duration) return renewBefore;
  const percentage = spec.renewBeforePercentage ?? 0;
  if (percentage > 0 && percentage < 100) return (duration * percentage) / 100;
  return duration / 3;
}

/** The window that the CA suggests (RFC 9773), as status keeps it; undefined when there is none that makes sense. */
export function suggestedWindow(status: CertificateStatus | undefined): { start: number; end: number } | undefined {
  const window = status?.acme?.ari?.suggestedWindow;
  const [start, end] = [fromTime(window?.start), fromTime(window?.end)];
  return start === undefined || end === undefined || end < start ? undefined : { start, end };
}

/**
 * The time that was chosen when the CA was asked (`suggestedPlan`) and kept in status.renewalTime; undefined when it was not asked, and when the
 * status is about another certificate, as just after a renewal it is.
 */
export function chosenByCa(status: CertificateStatus | undefined, issued: Lifetime): number | undefined {
  if (suggestedWindow(status) === undefined) return undefined;
  const isAbout = fromTime(status?.notBefore) === issued.notBefore && fromTime(status?.notAfter) === issued.notAfter;
  return isAbout ? fromTime(status?.renewalTime) : undefined;
}

/** When this part of the lifetime is left, no suggestion delays the renewal. */
const EMERGENCY = 1 / 20;

/**
 * The plan with what the CA suggests taken in: a point of its window, `random` in [0, 1) of the way (RFC 9773 section 4.2). Not later than a
 * `renewBefore` or percentage that somebody has set: the CA may only hurry them. `Disabled` stays, and so do the windows of the Certificate, since
 * they are the wish of the person who runs it.
 */
export function suggestedPlan(
  lifetime: Lifetime,
  spec: RenewalSpec,
  window: { readonly start: number; readonly end: number },
  random: number,
): RenewalPlan {
  if (spec.renewal?.policy === 'Disabled') return { kind: 'never' };
  const { notBefore, notAfter } = lifetime;
  const isSet = spec.renewBefore !== undefined || spec.renewBeforePercentage !== undefined;
  const left = isSet ? timeLeft(lifetime, spec) : (notAfter - notBefore) * EMERGENCY;
  const wished = window.start + (window.end - window.start) * random;
  return placed(Math.floor(Math.min(wished, notAfter - left) / 1000) * 1000, lifetime, spec);
}
