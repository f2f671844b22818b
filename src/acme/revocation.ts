import type { AcmeClient } from './client.ts';
import { createSigningKey } from './jws.ts';
import { AcmeError } from './problem.ts';
import type { AcmeSession } from './session.ts';

/** RFC 5280 section 5.3.1, without 7 (not used) and those that only a CA gives. */
const REASONS: ReadonlyMap<number, string> = new Map([
  [0, 'unspecified'],
  [1, 'keyCompromise'],
  [2, 'cACompromise'],
  [3, 'affiliationChanged'],
  [4, 'superseded'],
  [5, 'cessationOfOperation'],
  [6, 'certificateHold'],
  [8, 'removeFromCRL'],
  [9, 'privilegeWithdrawn'],
  [10, 'aACompromise'],
]);

export interface Revocation {
  readonly certificateDer: Uint8Array;
  /** A number of RFC 5280 section 5.3.1; none is sent unless told. Public CAs accept 0, 1, 3, 4 and 5. */
  readonly reason?: number | undefined;
}

/**
 * Revokes by an account, or by the certificate's own private key when there is no account any more (RFC 8555 section 7.6).
 * A certificate that is revoked already is no error.
 * @throws AcmeError `acme-bad-revocation-reason` (without a request for numbers that nobody knows), `acme-unauthorized`, ...
 */
export async function revokeCertificate(
  by: AcmeSession | { readonly client: AcmeClient; readonly privateKey: string },
  revocation: Revocation,
  signal: AbortSignal,
): Promise<'revoked' | 'was-revoked'> {
  const { certificateDer, reason } = revocation;
  if (reason !== undefined && !REASONS.has(reason)) throw badReason(reason);
  const signer =
    'accountUrl' in by ? { key: by.key, accountUrl: by.accountUrl } : { key: createSigningKey(by.privateKey) };
  const payload = {
    certificate: Buffer.from(certificateDer).toString('base64url'),
    ...(reason === undefined ? {} : { reason }),
  };
  try {
    await by.client.post({ target: 'revokeCert', signer, payload, doing: 'revoke the certificate' }, signal);
    return 'revoked';
  } catch (error) {
    if (error instanceof AcmeError && error.code === 'acme-already-revoked') return 'was-revoked';
    throw error;
  }
}

function badReason(reason: number): AcmeError {
  const known = [...REASONS].map(([number, name]) => `${number} (${name})`).join(', ');
  return new AcmeError('acme-bad-revocation-reason', `${reason} is not a reason for revocation; use one of ${known}`, {
    retry: { kind: 'never' },
  });
}
