import { assertNever } from '../core/assert-never.ts';
import { gatherCertificate } from '../issuance/gather-certificate.ts';
import type { GatherDeps } from '../issuance/gather-certificate.ts';
import { issueCertificate, tidyUp } from '../issuance/issue-certificate.ts';
import type { IssueDeps, IssueOptions } from '../issuance/issue-certificate.ts';
import type { CertificateRequest } from '../issuance/order-record.ts';
import { planCertificate } from '../issuance/plan.ts';
import type { Plan } from '../issuance/plan.ts';

export interface AttendOptions extends IssueOptions {
  /** Issue whatever the plan says. */
  readonly forced?: boolean | undefined;
}

/** What was decided, and when to look at the certificate again (ms since the epoch). */
export interface Attended {
  readonly plan: Plan;
  readonly lookAgainAt: number;
}

/**
 * Looks at one certificate and does what has to be done: GATHER, DECIDE, ACT. A plan of kind `issue` or `tidy` has been carried out when it resolves.
 * @throws what issueCertificate throws
 */
export async function attendCertificate(
  request: CertificateRequest,
  deps: IssueDeps & GatherDeps,
  { forced = false, ...options }: AttendOptions,
): Promise<Attended> {
  const { plan, lookAgainAt } = await lookAtCertificate(request, deps, { forced, signal: options.signal });
  if (plan.kind === 'tidy') await tidyUp(request, deps, options);
  else if (plan.kind === 'issue') await issueCertificate(request, deps, options);
  else return { plan, lookAgainAt };
  const after = await lookAtCertificate(request, deps, { forced: false, signal: options.signal });
  return { plan, lookAgainAt: after.lookAgainAt };
}

/** GATHER and DECIDE alone. It may choose and remember the instant of the next renewal; nothing else changes. */
export async function lookAtCertificate(
  request: CertificateRequest,
  deps: GatherDeps,
  options: { readonly forced: boolean; readonly signal: AbortSignal },
): Promise<Attended> {
  const { nextLook = Infinity, ...gathered } = await gatherCertificate(request, deps, options);
  const plan = planCertificate(gathered);
  return { plan, lookAgainAt: Math.min(nextLook, timeOf(plan, gathered.now)) };
}

function timeOf(plan: Plan, now: number): number {
  switch (plan.kind) {
    case 'wait':
    case 'current':
      return plan.until;
    case 'issue':
    case 'tidy':
      return now;
    case 'blocked':
      return Infinity;
    default:
      return assertNever(plan);
  }
}
