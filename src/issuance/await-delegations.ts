import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { challengeName, parseCertificateName } from '../core/domain-name.ts';
import { DomainError, DomainErrors } from '../core/error.ts';
import type { EventSink } from '../telemetry/event.ts';
import { inParallel } from './in-parallel.ts';
import type { DelegationChecker, DelegationFinding, Presenter } from './ports.ts';

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;
const GROWTH = 1.5;

export interface DelegationDeps {
  readonly presenter: Presenter;
  readonly delegation: DelegationChecker;
  readonly clock: Clock;
  readonly emit: EventSink;
}

export interface DelegationWait {
  readonly certificate: string;
  readonly domains: readonly DomainName[];
  /** Domains that were never delegated to us before: said to have been registered. */
  readonly fresh: ReadonlySet<string>;
  /** How long to wait for records that are missing, in ms; false: not at all; undefined: for ever. */
  readonly wait: number | false | undefined;
}

interface Delegation {
  readonly domain: DomainName;
  readonly target: DomainName;
}

/**
 * Resolves when the CNAME of every domain leads to us, seen the way a CA will look. What is missing is said once per fault, and looked
 * for again after 1 s rising to 30 s. Spends nothing at the CA.
 * @throws DomainErrors `cname-missing`, one error for each record to add, when it is not to be waited for any longer;
 *   what the presenter throws
 */
export async function awaitDelegations(o: DelegationWait, deps: DelegationDeps, signal: AbortSignal): Promise<void> {
  const { certificate, domains } = o;
  const delegations = await inParallel(domains, async (domain) => {
    const target = await deps.presenter.delegationTarget(domain, signal);
    const name = challengeName(parseCertificateName(domain));
    if (o.fresh.has(domain)) deps.emit({ type: 'delegation.registered', certificate, name, target });
    return { domain, target };
  });
  const said = new Map<DomainName, string>();
  const until = o.wait === undefined ? Infinity : deps.clock.now() + (o.wait === false ? 0 : o.wait);
  let left: readonly Delegation[] = delegations;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * GROWTH, LONGEST_PAUSE)) {
    const looks = await inParallel(left, (delegation) => look(delegation, deps, signal));
    const missing = looks.filter(({ finding }) => finding.kind === 'missing');
    for (const { finding } of looks) report(certificate, finding, said, deps.emit);
    if (missing.length === 0) return;
    const time = until - deps.clock.now();
    if (time <= 0) throw new DomainErrors('cname-missing', missing.map(errorOf));
    left = missing.map(({ delegation }) => delegation);
    await deps.clock.sleep(Math.min(pause, time), signal);
  }
}

interface Look {
  readonly delegation: Delegation;
  readonly finding: DelegationFinding;
}

/** A look that fails (no DNS server answers) tells no more than that the record was not seen. */
async function look(delegation: Delegation, deps: DelegationDeps, signal: AbortSignal): Promise<Look> {
  const { domain, target } = delegation;
  try {
    return { delegation, finding: await deps.delegation.checkDelegation(domain, target, signal) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DomainError)) throw error;
    const name = challengeName(parseCertificateName(domain));
    return { delegation, finding: { kind: 'missing', name, target, fault: error.code, message: error.message } };
  }
}

function report(certificate: string, finding: DelegationFinding, said: Map<DomainName, string>, emit: EventSink): void {
  const { name, target } = finding;
  if (finding.kind === 'ready') {
    emit({ type: 'delegation.seen', certificate, name, target });
  } else if (said.get(name) !== finding.fault) {
    said.set(name, finding.fault);
    emit({ type: 'delegation.needed', certificate, name, target, message: finding.message });
  }
}

function errorOf({ finding }: Look): DomainError {
  const message = finding.kind === 'missing' ? finding.message : '';
  return new DomainError('cname-missing', message, { retry: { kind: 'backoff' } });
}
