import { assertNever } from '../core/assert-never.ts';
import { DomainError, DomainErrors, messageOf } from '../core/error.ts';
import type { Plan } from '../issuance/plan.ts';
import { openAnswering } from './answering.ts';
import { loadSource } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { hasStore, openDataFolder } from './data-folder.ts';
import type { Issuing } from './issuing.ts';
import type { Telling } from './issue.ts';
import { createWorkshops } from './workshops.ts';
import { findWanted, listWanted } from './wanted-certificates.ts';
import type { Wanted } from './wanted-certificates.ts';

export interface RenewOnce {
  /** Certificates by a name of theirs; none: all. */
  readonly names: readonly string[];
  readonly force: boolean;
}

/** What became of one certificate, as a clause for a person. */
export interface Renewed {
  /** current: it was not due. busy: another process is at it. */
  readonly outcome: 'renewed' | 'current' | 'busy';
  readonly certificate: string;
  readonly message: string;
}

/**
 * `evercert renew`: every known certificate that is due, once. One that fails does not keep the others from being renewed.
 * @throws DomainErrors `renewal-failed` with all that failed, after the others were done
 */
export async function renewOnce(
  source: ConfigSource,
  { names, force }: RenewOnce,
  telling: Telling,
  signal: AbortSignal,
): Promise<readonly Renewed[]> {
  const loaded = await loadSource(source);
  const { config } = loaded;
  if (!hasStore(config) && config.certificates.length === 0) return names.map(unknown);
  const folder = await openDataFolder(config.data, loaded);
  try {
    const all = await listWanted(config, folder.wanted);
    const chosen = names.length === 0 ? all : names.map((name) => findWanted(all, name) ?? unknown(name));
    const workshops = createWorkshops({
      source,
      folder,
      ...telling,
      wanted: (id) => all.find(({ request }) => request.id === id),
      answer: (own) => openAnswering(own, folder, telling.clock),
    });
    try {
      const outcomes = await Promise.all(
        chosen.map(async (wanted) => renewOne(wanted, workshops.open(wanted.settings), force, signal)),
      );
      return throwFailures(outcomes);
    } finally {
      await workshops.close();
    }
  } finally {
    await folder.close();
  }
}

type Outcome = Renewed | { readonly certificate: string; readonly error: DomainError };

async function renewOne(
  { request }: Wanted,
  issuing: Promise<Issuing>,
  forced: boolean,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const { plan } = await (await issuing).attend(request, { signal, wait: false, forced });
    return outcomeOf(request.id, plan);
  } catch (error) {
    signal.throwIfAborted();
    const { code, retry } = error instanceof DomainError ? error : { code: 'internal', retry: undefined };
    // Whoever is at it sees it through.
    if (code === 'lock-held') return { outcome: 'busy', certificate: request.id, message: messageOf(error) };
    const message = `${request.id}: ${messageOf(error)}`;
    return {
      certificate: request.id,
      error: new DomainError(code, message, { cause: error, ...(retry && { retry }) }),
    };
  }
}

function outcomeOf(certificate: string, plan: Plan): Outcome {
  switch (plan.kind) {
    case 'issue':
      return { outcome: 'renewed', certificate, message: `renewed: ${plan.message}` };
    case 'tidy':
      return {
        outcome: 'current',
        certificate,
        message: 'the certificate is good; what its last order left in DNS was taken away',
      };
    case 'current':
      return { outcome: 'current', certificate, message: plan.message };
    // It is due, and nothing was done: a script has to learn that each time.
    case 'wait': {
      const retry = { kind: 'after', at: plan.until } as const;
      return { certificate, error: new DomainError('in-back-off', `${certificate}: ${plan.message}`, { retry }) };
    }
    case 'blocked':
      return { certificate, error: new DomainError('renewal-failed', `${certificate}: ${plan.message}`) };
    default:
      return assertNever(plan);
  }
}

function throwFailures(outcomes: readonly Outcome[]): readonly Renewed[] {
  const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
  if (errors.length > 0) throw new DomainErrors('renewal-failed', errors);
  return outcomes.filter((outcome) => 'message' in outcome);
}

function unknown(name: string): never {
  throw new DomainError(
    'unknown-certificate',
    `no certificate has the name ${name}; "evercert status" lists those that are known`,
  );
}
