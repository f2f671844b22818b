import { createHash } from 'node:crypto';
import type { CertificateName } from '../core/domain-name.ts';

/** Leaves room for what others put before and after it in a file name of at most 255 bytes. */
const LONGEST = 180;

/**
 * What a certificate is called in stores, folders, logs and on the command line: its first name, with `_wildcard.` for `*.`
 * (no host name has an underscore, so the two never meet). Names may be added and removed behind the first without its
 * becoming another certificate. A very long name is cut and keeps a hash of the whole.
 */
export function certificateIdFor(names: readonly CertificateName[]): string {
  const first: string | undefined = names[0];
  if (first === undefined) throw new RangeError('a certificate has at least one name');
  const id = first.replace(/^\*\./, '_wildcard.');
  if (id.length <= LONGEST) return id;
  return `${id.slice(0, LONGEST - 9)}-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}
