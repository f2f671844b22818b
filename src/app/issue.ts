import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { anchorPaths } from '../config/paths.ts';
import { assertNever } from '../core/assert-never.ts';
import type { Clock } from '../core/clock.ts';
import { challengeName, parseCertificateNames } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { certificateIdFor } from '../issuance/certificate-id.ts';
import type { CertificateRequest } from '../issuance/order-record.ts';
import type { EventSink } from '../telemetry/event.ts';
import { openAnswering } from './answering.ts';
import { checkAnswering } from './check-answering.ts';
import { loadSource, withoutUndefined } from './config-source.ts';
import type { ConfigSource, Overrides } from './config-source.ts';
import { openDataFolder } from './data-folder.ts';
import type { DataFolder } from './data-folder.ts';
import { openIssuing } from './issuing.ts';
import type { Issuing } from './issuing.ts';
import { openSessions } from './sessions.ts';
import { configuredCertificates, listWanted } from './wanted-certificates.ts';
import type { Wanted } from './wanted-certificates.ts';
import { withCleanup } from './with-cleanup.ts';

export interface IssueOnce {
  readonly names: readonly string[];
  /** Folder of the files, when it is not to be the usual one. */
  readonly output: string | undefined;
  readonly force: boolean;
  /** ms to wait for a missing CNAME; false: not at all; undefined: as the configuration says. */
  readonly wait: number | false | undefined;
}

export interface Telling {
  readonly emit: EventSink;
  readonly clock: Clock;
}

/** `current`: nothing had to be issued, for the reason in the message. */
export type IssueOutcome =
  | { readonly kind: 'issued' }
  | { readonly kind: 'current'; readonly certificate: string; readonly message: string };

/**
 * `evercert issue`: one certificate, now. It is remembered as wanted, with the settings it was got with, so that `renew` and `serve` keep
 * it current; when it fails before anything was begun at the CA, nothing is remembered.
 * @throws DomainError `invalid-config` when it would take the place of another one of the configuration; `in-back-off` when it failed a
 *   short while ago; `lock-held`; what issueCertificate throws
 */
export async function issueOnce(
  source: ConfigSource,
  asked: IssueOnce,
  { emit, clock }: Telling,
  signal: AbortSignal,
): Promise<IssueOutcome> {
  const names = parseCertificateNames(asked.names);
  names.forEach(challengeName);
  const loaded = await loadSource(source);
  const { directory: ca, keyType, profile, preferredChain } = loaded.config.acme;
  const request = { id: certificateIdFor(names), names, ca, keyType, profile, preferredChain };
  checkAnswering(loaded);
  checkPlace(request, loaded.config);
  return await withCleanup(async (later) => {
    const sessions = openSessions({ loaded, folder: () => folder, clock, emit });
    later(() => sessions.close());
    // A CA that cannot be reached is better known before anything is made here, and before the CNAME was added.
    await sessions.client(ca).directory(signal);
    const folder = await openDataFolder(loaded.config.data, loaded);
    later(() => folder.close());
    const before = (await listWanted(loaded.config, folder.wanted)).find((one) => one.request.id === request.id);
    const wanted: Wanted = {
      request,
      output: asked.output === undefined ? before?.output : resolve(asked.output),
      after: before?.after,
      settings: undefined,
    };
    const answering = await openAnswering(loaded, folder, clock);
    later(() => answering.stop());
    const issuing = openIssuing({ loaded, folder, answering, wanted: () => wanted, clock, emit, sessions });
    const settings = settingsToKeep(source.overrides);
    const remember = () => folder.wanted.saveWanted({ certificate: request, output: wanted.output, settings });
    try {
      const how = { signal, wait: asked.wait, forced: asked.force };
      return await attendByHand(issuing, request, { ...how, first: remember });
    } catch (error) {
      if (before === undefined && !isLockHeld(error)) await forgetUnlessBegun(folder, request);
      throw error;
    }
  });
}

/** Fewer names in the files of a configured certificate would reach the servers that use it, until it is renewed as it was meant. */
function checkPlace({ id, names }: CertificateRequest, config: Config): void {
  const configured = configuredCertificates(config).find(({ request }) => request.id === id)?.request.names;
  if (configured === undefined || new Set(names).symmetricDifference(new Set(configured)).size === 0) return;
  throw new DomainError(
    'invalid-config',
    `the configuration has the certificate ${id} with other names (${configured.join(', ')}), and this one would take its place; ` +
      `change its names in the configuration, or ask for all of them`,
  );
}

/** As they are good for another process, in another folder. Which data folder it is, is known where they are kept. */
function settingsToKeep(overrides: Overrides): Overrides {
  const { data: _, ...settings } = anchorPaths(withoutUndefined(overrides), '.');
  return settings;
}

type How = Parameters<Issuing['attend']>[1];

/** What a person asks for is tried also where nothing would be tried by itself any more; only a pause that is due is kept. */
async function attendByHand(issuing: Issuing, request: CertificateRequest, how: How): Promise<IssueOutcome> {
  const { plan } = await issuing.attend(request, how);
  switch (plan.kind) {
    case 'issue':
      return { kind: 'issued' };
    case 'current':
      return { kind: 'current', certificate: request.id, message: plan.message };
    case 'tidy':
      return {
        kind: 'current',
        certificate: request.id,
        message: 'the certificate is good; what its last order left in DNS was taken away',
      };
    case 'wait':
      throw new DomainError('in-back-off', `it failed before: ${plan.message}`, {
        retry: { kind: 'after', at: plan.until },
      });
    case 'blocked':
      await issuing.attend(request, { ...how, forced: true });
      return { kind: 'issued' };
    default:
      return assertNever(plan);
  }
}

/** Whoever has the lock remembers it. */
function isLockHeld(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'lock-held';
}

async function forgetUnlessBegun(folder: DataFolder, { id }: CertificateRequest): Promise<void> {
  if ((await folder.orders.loadOrder(id)) === undefined) await folder.wanted.removeWanted(id);
}
