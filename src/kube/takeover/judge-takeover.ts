import { DomainError } from '../../core/error.ts';
import { secretBytes } from '../api/secret.ts';
import { conditionOf, isTrue } from '../conditions.ts';
import type { CertificateView } from '../certificate/gather-certificate.ts';
import type { BackoffBounds } from '../certificate/issuance-backoff.ts';
import { triggerViolation } from '../certificate/policies.ts';
import { judgeReadiness } from '../certificate/readiness.ts';
import type { Readiness } from '../certificate/readiness.ts';
import { triggerGate } from '../certificate/trigger-gate.ts';
import { keyStoreNames } from '../secret/key-stores.ts';
import { presentMaterial, wantedOfPresent } from '../secret/present-secret.ts';
import { secretDeviation } from '../secret/secret-deviation.ts';
import type { IssuerSupport } from './issuer-support.ts';

/** What evercert would do with a Certificate as soon as it runs. Times in ms since the epoch. */
export type Takeover =
  /** Nothing. `repair`: what it would put right in the Secret, without a new certificate. */
  | { readonly kind: 'stays'; readonly renewalTime: number | undefined; readonly repair: string | undefined }
  /** What was begun comes to its end. */
  | { readonly kind: 'goes-on'; readonly message: string }
  /** It is due, whoever runs. */
  | { readonly kind: 'renews'; readonly message: string }
  | { readonly kind: 'issues'; readonly reason: string; readonly message: string }
  /** It failed, and is tried again then. */
  | { readonly kind: 'waits'; readonly until: number; readonly message: string }
  /** Another Certificate has its Secret. */
  | { readonly kind: 'shares'; readonly owner: string }
  /** It stays, and evercert cannot get another one. */
  | { readonly kind: 'cannot'; readonly validUntil: number | undefined; readonly message: string };

export interface TakeoverOptions {
  readonly certificateOwnerRef: boolean;
  readonly backoff: BackoffBounds;
}

/** Pure: by the same rules that the controller goes by. */
export function judgeTakeover(
  view: CertificateView,
  support: IssuerSupport,
  options: TakeoverOptions,
  now: number,
): Takeover {
  const { certificate, rival } = view;
  const readiness = judgeReadiness(view, now);
  if (rival !== undefined) return { kind: 'shares', owner: rival.metadata.name };
  if (support.kind === 'unsupported') {
    return { kind: 'cannot', validUntil: readiness.times.notAfter, message: support.message };
  }
  const conditions = certificate.status?.conditions;
  if (isTrue(conditions, 'Issuing')) {
    return { kind: 'goes-on', message: conditionOf(conditions, 'Issuing')?.message ?? '' };
  }
  const violation = triggerViolation(readiness.state, now);
  if (violation === undefined) {
    const { renewalTime } = readiness.times;
    return { kind: 'stays', renewalTime, repair: repairOf(view, readiness, options.certificateOwnerRef) };
  }
  const { reason, message } = violation;
  const gate = triggerGate(view, options.backoff, now);
  if (gate.kind === 'backing-off') return { kind: 'waits', until: gate.until, message };
  return reason === 'Renewing' ? { kind: 'renews', message } : { kind: 'issues', reason, message };
}

/** What there is in place of a key store is taken for right here: a password is not read to look. */
function repairOf({ certificate, secret }: CertificateView, { state }: Readiness, owned: boolean): string | undefined {
  if (secret === undefined || state.key().value === undefined) return undefined;
  const hasCa = presentMaterial(secret).ca !== undefined;
  const names = keyStoreNames(certificate.spec.keystores, hasCa);
  const stores = names.map((name) => [name, secretBytes(secret, name) ?? new Uint8Array()] as const);
  try {
    const wanted = wantedOfPresent(certificate, secret, Object.fromEntries(stores), owned);
    return secretDeviation(secret, wanted, certificate.metadata.uid ?? '');
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}
