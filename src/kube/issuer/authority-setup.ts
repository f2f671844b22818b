import { authorityFault } from '../../issuers/certificate-authority.ts';
import type { KubeDeps } from '../deps.ts';
import type { IssuerFinding, IssuerSetup } from './issuer-setup.ts';
import { readAuthority } from './read-authority.ts';

const VERIFIED = 'Signing CA verified';

/** A CA issuer is Ready when its Secret holds a CA certificate with its key. */
export function createAuthoritySetup(deps: Pick<KubeDeps, 'secrets' | 'options'>): IssuerSetup {
  return async (issuer, signal) => {
    const secrets = [issuer.spec.ca?.secretName ?? ''];
    const read = await readAuthority(issuer, deps, signal);
    if (read.kind === 'unusable') return fault('ErrGetKeyPair', read.message, secrets);
    const invalid = authorityFault(read.authority);
    if (invalid !== undefined) return fault('ErrInvalidKeyPair', invalid, secrets);
    const event = { type: 'Normal', reason: 'KeyPairVerified', message: VERIFIED } as const;
    return { ready: true, reason: 'KeyPairVerified', message: VERIFIED, event, secrets };
  };
}

function fault(reason: 'ErrGetKeyPair' | 'ErrInvalidKeyPair', why: string, secrets: readonly string[]): IssuerFinding {
  const what = reason === 'ErrGetKeyPair' ? 'Error getting keypair for CA issuer' : 'Invalid signing key pair';
  const message = `${what}: ${why}`;
  return { ready: false, reason, message, event: { type: 'Warning', reason, message }, secrets };
}
