import type { CertificateName } from '../core/domain-name.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { CertificateFacts } from './ports.ts';

/** What is worth knowing of a leaf; nothing secret. */
export function factsOf(leaf: Certificate): CertificateFacts {
  const { names, serial, issuer, notBefore, notAfter } = leaf;
  // Any text may stand in a certificate that somebody else made; it is only compared with names that were parsed.
  return { names: names as readonly CertificateName[], serial, issuer, notBefore, notAfter };
}
