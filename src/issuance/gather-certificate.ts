import { AcmeError } from '../acme/problem.ts';
import type { RenewalInfo } from '../acme/renewal-info.ts';
import type { Clock } from '../core/clock.ts';
import { certificateId } from '../pki/certificate-id.ts';
import { parseChain } from '../pki/chain.ts';
import { keyTypeOf } from '../pki/key.ts';
import type { KeyType } from '../pki/key.ts';
import type { EventSink } from '../telemetry/event.ts';
import type { CertificateRequest } from './order-record.ts';
import type { Gathered } from './plan.ts';
import type { CertificateFacts, Delivery, OrderStore, Renewal, RenewalStore } from './ports.ts';
import { chooseRenewal } from './renewal-time.ts';

/** When the CA could not be asked for its renewal window, it is asked again after this. */
const ASK_AGAIN_AFTER_FAULT = 3_600_000;

export interface GatherDeps {
  readonly store: OrderStore;
  readonly delivery: Delivery;
  readonly renewals: RenewalStore;
  readonly clock: Clock;
  readonly emit: EventSink;
  /** In [0, 1). */
  readonly random: () => number;
  /** Asks the CA of a request for its renewal window (getRenewalInfo); without it renewals follow the lifetime alone. */
  readonly renewalInfo?:
    | ((request: CertificateRequest, certId: string, signal: AbortSignal) => Promise<RenewalInfo | undefined>)
    | undefined;
}

/**
 * Collects what planCertificate decides from. Chooses the instant of the next renewal when it is not chosen yet, asks the CA for its
 * window when it is time to, and remembers both. `nextLook` is when to gather again at the latest, for the CA's window.
 */
export async function gatherCertificate(
  request: CertificateRequest,
  deps: GatherDeps,
  { signal, forced }: { readonly signal: AbortSignal; readonly forced: boolean },
): Promise<Gathered & { readonly nextLook: number | undefined }> {
  const [placed, attempts, order] = await Promise.all([
    deps.delivery.current(request.id),
    deps.store.loadAttempts(request.id),
    deps.store.loadOrder(request.id),
  ]);
  const stored = await deps.renewals.loadRenewal(request.id);
  const ca = placed !== undefined && stored?.serial === placed.facts.serial ? stored.ca : undefined;
  const renewal = placed === undefined ? undefined : await lookAtRenewal(request, placed, stored, deps, signal);
  const current = placed && { facts: placed.facts, ca, keyType: keyTypeIn(placed.chain) };
  const now = deps.clock.now();
  return { request, current, attempts, renewal, order, forced, now, nextLook: renewal?.askAgainAt };
}

async function lookAtRenewal(
  request: CertificateRequest,
  { chain, facts }: { chain: string; facts: CertificateFacts },
  before: Renewal | undefined,
  deps: GatherDeps,
  signal: AbortSignal,
): Promise<Renewal> {
  const stored = before?.serial === facts.serial ? before : undefined;
  const asked = await askWindow(request, chain, stored, deps, signal);
  if (stored?.announced === true && asked === undefined) return stored;
  const choice = {
    facts,
    // What was found in place and is not remembered may be from any CA: it is taken for one of this request's.
    ca: stored?.ca ?? request.ca,
    issuedAt: stored?.issuedAt ?? facts.notBefore,
    stored,
    window: asked?.window,
    askAgainAt: asked?.askAgainAt,
    random: deps.random(),
  };
  const chosen = stored !== undefined && asked === undefined ? stored : chooseRenewal(choice);
  const renewal: Renewal = { ...chosen, announced: true };
  await deps.renewals.saveRenewal(request.id, renewal);
  if (renewal.at !== stored?.at || stored.announced !== true) {
    deps.emit({ type: 'renewal.planned', certificate: request.id, at: renewal.at, reason: renewal.reason });
  }
  return renewal;
}

/** undefined when it is not yet time to ask, or the CA has no such thing. */
async function askWindow(
  request: CertificateRequest,
  chain: string,
  stored: Renewal | undefined,
  { renewalInfo, clock }: GatherDeps,
  signal: AbortSignal,
): Promise<Pick<Renewal, 'window' | 'askAgainAt'> | undefined> {
  const now = clock.now();
  if (renewalInfo === undefined || (stored?.askAgainAt ?? 0) > now) return undefined;
  if (stored !== undefined && stored.ca !== request.ca) return undefined;
  const certId = certIdIn(chain);
  if (certId === undefined) return undefined;
  try {
    const info = await renewalInfo(request, certId, signal);
    return info && { window: info.suggestedWindow, askAgainAt: info.retryAfter };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AcmeError)) throw error;
    // The window known before stays good; without one the lifetime decides.
    const told = error.retry.kind === 'after' ? error.retry.at : 0;
    return { window: stored?.window, askAgainAt: Math.max(told, now + ASK_AGAIN_AFTER_FAULT) };
  }
}

function certIdIn(chain: string): string | undefined {
  try {
    const [leaf] = parseChain(chain);
    return leaf && certificateId(leaf);
  } catch {
    return undefined;
  }
}

function keyTypeIn(chain: string): KeyType | undefined {
  try {
    const [leaf] = parseChain(chain);
    return leaf && keyTypeOf(leaf.publicKey);
  } catch {
    return undefined;
  }
}
