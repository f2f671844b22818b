import { signByAuthority } from '../../issuers/certificate-authority.ts';
import type { KubeDeps } from '../deps.ts';
import { readAuthority } from '../issuer/read-authority.ts';
import type { RequestSigner } from './request-signer.ts';
import { signingRequestOf } from './signing-request.ts';
import { signLocally } from './sign-locally.ts';

/** CA issuers: the key pair in the Secret that the issuer names signs. */
export function createAuthoritySigner(deps: Pick<KubeDeps, 'secrets' | 'clock' | 'options'>): RequestSigner {
  return {
    async sign(request, issuer, signal) {
      const read = await readAuthority(issuer, deps, signal);
      if (read.kind === 'unusable') {
        return { kind: 'pending', message: read.message, event: { type: 'Normal', reason: 'SecretMissing' } };
      }
      return signLocally(() => signByAuthority(signingRequestOf(request), read.authority, deps.clock.now()));
    },
  };
}
