import { randomUUID } from 'node:crypto';
import type { LoadedConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { baseName, challengeName, parseDomainName } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import { openAccountFile } from '../dns01/account-file.ts';
import type { Plan } from '../issuance/plan.ts';
import { lookAtCertificate } from '../standalone/attend-certificate.ts';
import { createCertificateFiles } from '../standalone/certificate-files.ts';
import { noEvents } from '../telemetry/event.ts';
import { loadSource } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { hasStore, openDataFolder } from './data-folder.ts';
import type { DataFolder } from './data-folder.ts';
import { listWanted } from './wanted-certificates.ts';
import type { Wanted } from './wanted-certificates.ts';

/** What is known of one certificate; nothing secret. Times in ms since the epoch. */
export interface CertificateStatus {
  readonly id: string;
  readonly names: readonly string[];
  readonly ca: string;
  /** issue: something is to be done at the CA now. tidy: TXT values are to be taken away. wait: later. current: good. blocked: a person has to act. */
  readonly state: Plan['kind'];
  readonly message: string;
  readonly serial: string | undefined;
  readonly issuer: string | undefined;
  readonly notBefore: number | undefined;
  readonly notAfter: number | undefined;
  readonly renewAt: number | undefined;
  /** Failures in a row. */
  readonly failures: number;
  readonly nextTryAt: number | undefined;
  readonly folder: string;
  /** The CNAMEs that belong at the DNS provider; only those whose target is registered already. */
  readonly delegations: readonly { readonly name: string; readonly target: string }[];
}

export interface Status {
  readonly certificates: readonly CertificateStatus[];
}

/** `evercert status`. Asks nobody outside, so it is quick and works offline. */
export async function readStatus(source: ConfigSource, clock: Clock, signal: AbortSignal): Promise<Status> {
  const loaded = await loadSource(source);
  const { certificates } = loaded.config;
  // Nothing is wanted, and a look makes no folder.
  if (!hasStore(loaded.config) && certificates.length === 0) return { certificates: [] };
  const folder = await openDataFolder(loaded.config.data, loaded);
  try {
    return await statusOf({ loaded, source, folder, clock }, signal);
  } finally {
    await folder.close();
  }
}

export interface StatusParts {
  readonly loaded: LoadedConfig;
  readonly source: ConfigSource;
  readonly folder: DataFolder;
  readonly clock: Clock;
}

/** The same for a process that has the data folder open. */
export async function statusOf(parts: StatusParts, signal: AbortSignal): Promise<Status> {
  const { loaded, source, folder, clock } = parts;
  const all = await listWanted(loaded.config, folder.wanted);
  const certificates = all.map(async (wanted) => {
    const own = wanted.settings === undefined ? loaded : await loadSource(source, wanted.settings);
    return statusOfOne(wanted, own, folder, clock, signal);
  });
  return { certificates: await Promise.all(certificates) };
}

async function statusOfOne(
  wanted: Wanted,
  loaded: LoadedConfig,
  folder: DataFolder,
  clock: Clock,
  signal: AbortSignal,
): Promise<CertificateStatus> {
  const { id, names, ca } = wanted.request;
  const place = wanted.output ?? folder.certificateFolder(id);
  const delivery = createCertificateFiles(() => place);
  const deps = {
    store: folder.orders,
    renewals: folder.renewals,
    delivery,
    clock,
    emit: noEvents,
    random: Math.random,
  };
  const [{ plan }, current, renewal, attempts, delegations] = await Promise.all([
    lookAtCertificate(wanted.request, deps, { forced: false, signal }),
    delivery.current(id),
    folder.renewals.loadRenewal(id),
    folder.orders.loadAttempts(id),
    delegationsOf(wanted, loaded, folder),
  ]);
  return {
    id,
    names,
    ca,
    state: plan.kind,
    message: plan.message,
    serial: current?.facts.serial,
    issuer: current?.facts.issuer,
    notBefore: current?.facts.notBefore,
    notAfter: current?.facts.notAfter,
    renewAt: renewal?.at,
    failures: attempts?.failures ?? 0,
    nextTryAt: attempts?.notBefore,
    folder: place,
    delegations,
  };
}

async function delegationsOf(
  { request }: Wanted,
  { config }: LoadedConfig,
  folder: DataFolder,
): Promise<CertificateStatus['delegations']> {
  const targetOf = targets(config, folder);
  const domains = [...new Set(request.names.map(baseName))];
  const known = await Promise.all(domains.map(async (domain) => ({ domain, target: await targetOf(domain) })));
  return known.flatMap(({ domain, target }) =>
    target === undefined ? [] : [{ name: challengeName(domain as string as (typeof request.names)[number]), target }],
  );
}

function targets(
  { dns01: { acmeDns }, zone: config }: LoadedConfig['config'],
  folder: DataFolder,
): (domain: DomainName) => Promise<DomainName | undefined> {
  if (acmeDns !== undefined) {
    const accounts = openAccountFile(acmeDns.accounts);
    return async (domain) => {
      const account = await accounts.load(domain);
      return account && parseDomainName(account.fulldomain);
    };
  }
  if (config === undefined) return async () => undefined;
  // The label is chosen now when it was not before: the CNAME can be added before anything is started.
  return async (domain) => {
    const { subdomain } = await folder.zoneStore.addDelegation(domain, randomUUID());
    return parseDomainName(`${subdomain}.${config.name}`);
  };
}
