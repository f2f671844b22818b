import { parseChain } from '../pki/chain.ts';
import type { DownloadedCertificate } from './certificate.ts';

export interface ChosenChain {
  /** PEM, leaf first. */
  readonly chain: string;
  /** False when no chain leads to the wanted issuer, and the CA's own choice was taken. */
  readonly found: boolean;
}

/**
 * The chain that leads to an issuer with this common name: first one whose topmost certificate is signed by it, else one that has
 * it anywhere; in the CA's order. Names differ in case and space only by accident, so these do not count.
 */
export async function chooseChain(
  downloaded: DownloadedCertificate,
  preferredIssuer: string | undefined,
  signal: AbortSignal,
): Promise<ChosenChain> {
  const { chain, alternates } = downloaded;
  if (preferredIssuer === undefined) return { chain, found: true };
  if (issuersOf(chain).at(-1) === fold(preferredIssuer)) return { chain, found: true };
  const others = await Promise.all(alternates.map((alternate) => alternate.chain(signal)));
  const candidates = [chain, ...others].map((pem) => ({ pem, issuers: issuersOf(pem) }));
  const wanted = fold(preferredIssuer);
  const chosen =
    candidates.find(({ issuers }) => issuers.at(-1) === wanted) ??
    candidates.find(({ issuers }) => issuers.includes(wanted));
  return { chain: chosen?.pem ?? chain, found: chosen !== undefined };
}

/** The issuers from the leaf upwards; none when the chain cannot be read, which the check of the result will say. */
function issuersOf(pem: string): string[] {
  try {
    return parseChain(pem).map((certificate) => fold(certificate.issuer));
  } catch {
    return [];
  }
}

function fold(name: string): string {
  return name.trim().replaceAll(/\s+/g, ' ').toLowerCase();
}
