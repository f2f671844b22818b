import { createHash } from 'node:crypto';

/** The most that is left for the name of a Certificate, with a hyphen and a revision of up to 19 digits behind it in 253 characters. */
const LONGEST_NAME = 233;
const HASH_LENGTH = 64;

/**
 * The name of the CertificateRequest for a revision of a Certificate. It follows from both, so that one cannot be made twice; a name that is
 * too long ends in its SHA-256, so that no other Certificate can have the same.
 */
export function requestName(certificate: string, revision: number): string {
  return `${shortened(certificate)}-${revision}`;
}

function shortened(name: string): string {
  if (name.length <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(name).digest('hex');
  return `${endsInLetter(name.slice(0, LONGEST_NAME - HASH_LENGTH - 1))}-${hash}`;
}

/** Cut names must stay DNS subdomains: neither a dot nor a hyphen may stand before what comes next. */
export function endsInLetter(name: string): string {
  return name.replace(/[^a-zA-Z0-9]+$/, '');
}
