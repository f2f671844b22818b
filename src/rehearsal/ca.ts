import type { Clock } from '../core/clock.ts';
import type { NameServer } from '../dns/query.ts';
import { createAuthorities, createTlsIdentity } from './authorities.ts';
import { startBackground } from './background.ts';
import type { Background } from './background.ts';
import type { CaContext, CaPolicy } from './context.ts';
import { createFaultPlan } from './faults.ts';
import type { Fault, FaultScript, RequestKind } from './faults.ts';
import { startListener } from './listener.ts';
import type { Listener } from './listener.ts';
import { createNonces } from './nonces.ts';
import { route } from './router.ts';
import { createState } from './state.ts';

const DAY = 86_400_000;
/** The log keeps the newest requests; a rehearsal may run for days. */
const LONGEST_LOG = 10_000;

export interface RehearsalCaOptions extends Partial<CaPolicy> {
  /** A free port of 127.0.0.1 unless told. */
  readonly listen?: { readonly address: string; readonly port: number };
  /** Whom the CA asks for challenge answers: a resolver, or a server with authority for all that is asked. */
  readonly resolver: NameServer;
  readonly clock: Clock;
  readonly faults?: FaultScript;
  /** Stops the CA when aborted. */
  readonly signal?: AbortSignal;
}

/** One request as it came in. `status` is 0 where a fault left it without an answer. */
export interface LoggedRequest {
  readonly kind: RequestKind | 'unknown';
  readonly method: string;
  readonly path: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly status: number;
}

export interface RehearsalCa {
  readonly directoryUrl: string;
  /** The root of its HTTPS, as PEM: what a client has to trust to talk to it. */
  readonly rootPem: string;
  /** The roots its certificates lead to: by default, and by the alternate chain. */
  readonly issuingRootPem: string;
  readonly alternateRootPem: string;
  /** The newest requests, oldest first. */
  readonly requests: readonly LoggedRequest[];
  /** Adds a fault to the script, effective from the next request on; the returned function takes back what is left of it. */
  inject(fault: Fault): () => void;
  stop(): Promise<void>;
}

/**
 * An ACME CA (RFC 8555) in this process: strict with clients, honest in what it checks, with keys and state that end with it. Nobody
 * but a rehearsal should trust its roots. @throws DomainError `port-in-use`, `address-not-usable`
 */
export async function startRehearsalCa(o: RehearsalCaOptions): Promise<RehearsalCa> {
  const at = o.listen ?? { address: '127.0.0.1', port: 0 };
  const tls = await createTlsIdentity(at.address);
  const authorities = await createAuthorities(o.clock.now());
  const background = startBackground();
  const faults = createFaultPlan(o.faults ?? []);
  const requests: LoggedRequest[] = [];
  const parts: Omit<CaContext, 'base'> = {
    clock: o.clock,
    resolver: o.resolver,
    policy: policyOf(o),
    authorities,
    state: createState(),
    nonces: createNonces(),
    faults,
    later: (task) => background.later(task),
  };
  // The port, and with it every URL, is known only once the listener is up; no request is read before that.
  let ca: CaContext | undefined;
  const listener = await startListener({
    listen: at,
    tls,
    async answer(raw) {
      const entry = { method: raw.method, path: raw.target, at: o.clock.now() };
      if (ca === undefined) return { kind: 'cut' };
      const { outcome, requestKind } = await route(ca, raw);
      requests.push({ ...entry, kind: requestKind, status: outcome.kind === 'answer' ? outcome.status : 0 });
      if (requests.length > LONGEST_LOG) requests.shift();
      return outcome;
    },
  });
  ca = { ...parts, base: listener.base };

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stopAll(background, listener));
  if (o.signal?.aborted === true) await stop();
  o.signal?.addEventListener('abort', () => void stop(), { once: true });
  return {
    directoryUrl: `${listener.base}/directory`,
    rootPem: tls.rootPem,
    issuingRootPem: authorities.root.certificate,
    alternateRootPem: authorities.alternateRoot.certificate,
    requests,
    inject: (fault) => faults.add(fault),
    stop,
  };
}

async function stopAll(background: Background, listener: Listener): Promise<void> {
  await Promise.all([background.stop(), listener.stop()]);
}

function policyOf(o: RehearsalCaOptions): CaPolicy {
  return {
    certificateLifetime: o.certificateLifetime ?? 90 * DAY,
    orderLifetime: o.orderLifetime ?? 7 * DAY,
    authorizationLifetime: o.authorizationLifetime ?? 30 * DAY,
    processingTime: o.processingTime ?? 0,
    retryAfter: o.retryAfter,
    lookupPatience: o.lookupPatience ?? 10_000,
    reuseAuthorizations: o.reuseAuthorizations ?? false,
    profiles: o.profiles ?? {},
    externalAccounts: o.externalAccounts ?? {},
  };
}
