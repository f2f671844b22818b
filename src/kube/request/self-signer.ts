import { signBySelf } from '../../issuers/self-signed.ts';
import { formatKey } from '../api/object.ts';
import { secretBytes } from '../api/secret.ts';
import type { KubeDeps } from '../deps.ts';
import { PRIVATE_KEY_SECRET } from '../indexes.ts';
import { TLS_KEY } from '../secret/secret-names.ts';
import type { RequestSigner, SigningOutcome } from './request-signer.ts';
import { signingRequestOf } from './signing-request.ts';
import { signLocally } from './sign-locally.ts';

/** SelfSigned issuers: the request names the Secret, in its own namespace, with the key that it was made with, and that key signs. */
export function createSelfSigner({ secrets, clock }: Pick<KubeDeps, 'secrets' | 'clock'>): RequestSigner {
  return {
    async sign(request, issuer, signal) {
      const name = request.metadata.annotations?.[PRIVATE_KEY_SECRET];
      if (name === undefined || name === '') {
        const message = `Annotation "${PRIVATE_KEY_SECRET}" missing or reference empty: a SelfSigned issuer signs with the key of the request; name its Secret there`;
        return { kind: 'failed', eventReason: 'MissingAnnotation', message };
      }
      const key = { namespace: request.metadata.namespace, name };
      const secret = await secrets.read(key, signal);
      if (secret === undefined) {
        return awaitSecret('MissingSecret', `Referenced secret ${formatKey(key)} not found`);
      }
      const privateKey = secretBytes(secret, TLS_KEY);
      if (privateKey === undefined || privateKey.length === 0) {
        return awaitSecret(
          'ErrorParsingKey',
          `Secret ${formatKey(key)} has no data for "${TLS_KEY}": put the key of the request there`,
        );
      }
      const { crlDistributionPoints } = issuer.spec.selfSigned ?? {};
      const material = { privateKey: Buffer.from(privateKey).toString('utf8'), crlDistributionPoints };
      return signLocally(() => signBySelf(signingRequestOf(request), material, clock.now()));
    },
  };
}

/** The Secret may come later, or be mended: its change wakes the request. */
function awaitSecret(reason: string, message: string): SigningOutcome {
  return { kind: 'pending', message, event: { type: 'Normal', reason } };
}
