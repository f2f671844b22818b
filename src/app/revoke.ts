import { revokeCertificate } from '../acme/revocation.ts';
import type { Clock } from '../core/clock.ts';
import { DomainError } from '../core/error.ts';
import { parseChain } from '../pki/chain.ts';
import { noEvents } from '../telemetry/event.ts';
import { createCertificateFiles } from '../standalone/certificate-files.ts';
import { loadSource } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { hasStore, openDataFolder } from './data-folder.ts';
import { openSessions } from './sessions.ts';
import { findWanted, listWanted } from './wanted-certificates.ts';

export interface Revocation {
  /** A name of the certificate. */
  readonly name: string;
  /** RFC 5280 section 5.3.1. */
  readonly reason: number;
}

/**
 * `evercert revoke`: revokes the certificate that is in place at the CA it came from, by the account that ordered it, and forgets it as
 * wanted when it was asked for on the command line. The files stay. Returns the serial.
 * @throws DomainError `unknown-certificate`, and what the CA says
 */
export async function revokeInPlace(
  source: ConfigSource,
  { name, reason }: Revocation,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  const settings = await loadSource(source);
  const { config } = settings;
  if (!hasStore(config)) throw unknown(name);
  const folder = await openDataFolder(config.data, settings);
  try {
    const wanted = findWanted(await listWanted(config, folder.wanted), name);
    const folderOf = (id: string) => wanted?.output ?? folder.certificateFolder(id);
    const inPlace = wanted && (await createCertificateFiles(folderOf).current(wanted.request.id));
    const [leaf] = inPlace === undefined ? [] : parseChain(inPlace.chain);
    if (wanted === undefined || leaf === undefined) throw unknown(name);
    const loaded = await loadSource(source, wanted.settings);
    const { id, ca } = wanted.request;
    const issuedBy = (await folder.renewals.loadRenewal(id))?.ca ?? ca;
    const sessions = openSessions({ loaded, folder: () => folder, clock, emit: noEvents });
    try {
      const session = await sessions.session(issuedBy, id, signal);
      await revokeCertificate(session, { certificateDer: leaf.der, reason }, signal);
      await folder.wanted.removeWanted(id);
      return leaf.serial;
    } finally {
      await sessions.close();
    }
  } finally {
    await folder.close();
  }
}

function unknown(name: string): DomainError {
  const message = `there is no certificate for ${name} here; "evercert status" lists those that are known`;
  return new DomainError('unknown-certificate', message);
}
