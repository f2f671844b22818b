import { challengeName, parseCertificateNames } from '../core/domain-name.ts';
import type { Clock } from '../core/clock.ts';
import { certificateIdFor } from '../issuance/certificate-id.ts';
import type { CertificateRequest } from '../issuance/order-record.ts';
import type { Attended } from '../standalone/attend-certificate.ts';
import type { EventSink } from '../telemetry/event.ts';
import { checkAnswering, openAnswering } from './answering.ts';
import { loadSource, withoutUndefined } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { openDataFolder } from './data-folder.ts';
import type { DataFolder } from './data-folder.ts';
import { openIssuing } from './issuing.ts';
import { listWanted } from './wanted-certificates.ts';
import type { Wanted } from './wanted-certificates.ts';

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

/**
 * `evercert issue`: one certificate, now. It is remembered as wanted, with the settings it was got with, so that `renew` and `serve` keep
 * it current; when it fails before anything was begun at the CA, nothing is remembered.
 */
export async function issueOnce(
  source: ConfigSource,
  asked: IssueOnce,
  { emit, clock }: Telling,
  signal: AbortSignal,
): Promise<Attended> {
  const names = parseCertificateNames(asked.names);
  names.forEach(challengeName);
  const loaded = await loadSource(source);
  const { directory: ca, keyType, profile, preferredChain } = loaded.config.acme;
  const request = { id: certificateIdFor(names), names, ca, keyType, profile, preferredChain };
  checkAnswering(loaded);
  const folder = await openDataFolder(loaded.config.data);
  try {
    const before = (await listWanted(loaded.config, folder.wanted)).find((one) => one.request.id === request.id);
    const wanted: Wanted = {
      request,
      output: asked.output ?? before?.output,
      after: before?.after,
      settings: undefined,
    };
    const answering = await openAnswering(loaded, folder, clock);
    const issuing = openIssuing({ loaded, folder, answering, wanted: () => wanted, clock, emit });
    try {
      // A CA that cannot be reached is better known now than after the CNAME was added.
      await issuing.client(ca).directory(signal);
      const settings = withoutUndefined(source.overrides);
      await folder.wanted.saveWanted({ certificate: request, output: wanted.output, settings });
      return await issuing.attend(request, { signal, wait: asked.wait, forced: asked.force }).catch(async (error) => {
        if (before === undefined && !signal.aborted) await forgetUnlessBegun(folder, request);
        throw error;
      });
    } finally {
      await issuing.close();
      await answering.stop();
    }
  } finally {
    folder.close();
  }
}

async function forgetUnlessBegun(folder: DataFolder, { id }: CertificateRequest): Promise<void> {
  if ((await folder.orders.loadOrder(id)) === undefined) await folder.wanted.removeWanted(id);
}
