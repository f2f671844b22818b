import { formatDuration } from '../core/duration.ts';
import type { KeyType } from '../pki/key.ts';
import type { CertificateRequest, OrderRecord } from './order-record.ts';
import type { Attempts, CertificateFacts } from './ports.ts';
import { emergencyTime } from './renewal-time.ts';
import { requestFingerprint } from './request-fingerprint.ts';

/** All that a decision about one certificate is made from, gathered before. */
export interface Gathered {
  readonly request: CertificateRequest;
  /** The certificate that is in place. `ca` and `keyType` are undefined where they are not known, and are not compared then. */
  readonly current: CurrentCertificate | undefined;
  readonly attempts: Attempts | undefined;
  /** The instant chosen for the renewal of the certificate in place. */
  readonly renewal: { readonly at: number; readonly reason: string } | undefined;
  readonly order: OrderRecord | undefined;
  /** A person asks for a new certificate whatever else is known. */
  readonly forced: boolean;
  readonly now: number;
}

export interface CurrentCertificate {
  readonly facts: CertificateFacts;
  readonly ca: string | undefined;
  readonly keyType: KeyType | undefined;
}

export type PlanReason =
  | 'forced'
  | 'in-flight'
  | 'cleaning'
  | 'missing'
  | 'names-changed'
  | 'key-type-changed'
  | 'ca-changed'
  | 'expired'
  | 'due'
  | 'in-back-off'
  | 'permanent-failure'
  | 'good';

/**
 * What to do now. `issue`: call issueCertificate. `wait`: something has to be issued, and not before `until`. `current`: nothing to do
 * until then. `tidy`: the certificate is good, and tidyUp has to take away what its order left in DNS. `blocked`: nothing can be done
 * until a person acts. `message` says why, as a clause for a person.
 */
export type Plan =
  | { readonly kind: 'issue'; readonly reason: PlanReason; readonly message: string }
  | { readonly kind: 'wait'; readonly reason: PlanReason; readonly message: string; readonly until: number }
  | { readonly kind: 'current'; readonly reason: PlanReason; readonly message: string; readonly until: number }
  | { readonly kind: 'tidy'; readonly reason: PlanReason; readonly message: string }
  | { readonly kind: 'blocked'; readonly reason: PlanReason; readonly message: string };

interface Finding {
  readonly reason: PlanReason;
  readonly message: string;
}

type Need = (gathered: Gathered) => Finding | undefined;
type Gate = (gathered: Gathered) => Plan | undefined;

/** Why something has to be done at the CA; the first that applies is given as the reason. */
const needs: readonly Need[] = [forced, orderInFlight, missing, namesChanged, keyTypeChanged, caChanged, expired, due];
/** Why it cannot be done now. */
const gates: readonly Gate[] = [permanentFailure, inBackOff];

/** Decides, from what was gathered and nothing else. */
export function planCertificate(gathered: Gathered): Plan {
  const need = first(needs, gathered);
  if (need === undefined) return current(gathered);
  const gate = gathered.forced ? undefined : first(gates, gathered);
  return gate ?? { kind: 'issue', ...need };
}

function first<T>(checks: readonly ((gathered: Gathered) => T | undefined)[], gathered: Gathered): T | undefined {
  for (const check of checks) {
    const found = check(gathered);
    if (found !== undefined) return found;
  }
  return undefined;
}

function forced({ forced: asked }: Gathered): Finding | undefined {
  return asked ? { reason: 'forced', message: 'it was asked for' } : undefined;
}

/** An order that only waits for its TXT values to be taken away, or has failed, is no reason to go to the CA. */
function orderInFlight({ order }: Gathered): Finding | undefined {
  if (order === undefined || order.state.step === 'cleaning' || order.state.step === 'failing') return undefined;
  return { reason: 'in-flight', message: `an order is under way (${order.state.step})` };
}

function missing({ current: certificate }: Gathered): Finding | undefined {
  return certificate === undefined ? { reason: 'missing', message: 'there is no certificate yet' } : undefined;
}

function namesChanged({ request, current: certificate }: Gathered): Finding | undefined {
  const wanted: ReadonlySet<string> = new Set(request.names);
  const present: ReadonlySet<string> = new Set(certificate?.facts.names);
  const added = [...wanted.difference(present)];
  const removed = [...present.difference(wanted)];
  if (added.length > 0) return { reason: 'names-changed', message: `the certificate in place lacks ${list(added)}` };
  if (removed.length === 0) return undefined;
  return { reason: 'names-changed', message: `the certificate in place also has ${list(removed)}` };
}

function keyTypeChanged({ request, current: certificate }: Gathered): Finding | undefined {
  const present = certificate?.keyType;
  if (present === undefined || present === request.keyType) return undefined;
  return { reason: 'key-type-changed', message: `the key in place is ${present}, and ${request.keyType} is wanted` };
}

function caChanged({ request, current: certificate }: Gathered): Finding | undefined {
  const present = certificate?.ca;
  if (present === undefined || present === request.ca) return undefined;
  return { reason: 'ca-changed', message: `the certificate in place is from ${present}, and ${request.ca} is wanted` };
}

function expired({ current: certificate, now }: Gathered): Finding | undefined {
  if (certificate === undefined || now < certificate.facts.notAfter) return undefined;
  const ago = formatDuration(now - certificate.facts.notAfter);
  return { reason: 'expired', message: `the certificate in place expired ${ago} ago` };
}

function due(gathered: Gathered): Finding | undefined {
  const next = renewalOf(gathered);
  return next === undefined || gathered.now < next.at ? undefined : { reason: 'due', message: next.reason };
}

function renewalOf({ renewal, current: certificate }: Gathered): { at: number; reason: string } | undefined {
  if (certificate === undefined) return undefined;
  const emergency = { at: emergencyTime(certificate.facts), reason: 'the last twentieth of its life has begun' };
  return renewal === undefined || renewal.at > emergency.at ? emergency : renewal;
}

function permanentFailure({ request, attempts }: Gathered): Plan | undefined {
  if (attempts?.permanent !== true || attempts.fingerprint !== requestFingerprint(request)) return undefined;
  const message = `${attempts.message}; it is tried again when the request changes or when it is asked for by hand`;
  return { kind: 'blocked', reason: 'permanent-failure', message };
}

function inBackOff({ request, attempts, now }: Gathered): Plan | undefined {
  if (attempts?.notBefore === undefined || attempts.notBefore <= now) return undefined;
  if (attempts.fingerprint !== requestFingerprint(request)) return undefined;
  const message = `${attempts.message}; next try in ${formatDuration(attempts.notBefore - now)}`;
  return { kind: 'wait', reason: 'in-back-off', message, until: attempts.notBefore };
}

function current(gathered: Gathered): Plan {
  const { now, order } = gathered;
  const tidyAt = order?.state.step === 'cleaning' ? order.state.retryAt : order && now;
  if (tidyAt !== undefined && tidyAt <= now) {
    return { kind: 'tidy', reason: 'cleaning', message: 'challenge answers of the last order are still in DNS' };
  }
  const next = renewalOf(gathered);
  const renewAt = next?.at ?? now;
  const message = `the certificate is good; next renewal in ${formatDuration(renewAt - now)}`;
  return { kind: 'current', reason: 'good', message, until: Math.min(renewAt, tidyAt ?? renewAt) };
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
