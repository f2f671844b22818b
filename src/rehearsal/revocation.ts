import { findValid } from './authorizations.ts';
import type { CaContext } from './context.ts';
import { requirePayload } from './exchange.ts';
import type { AccountRequest, Answer, KeyRequest } from './exchange.ts';
import { fromBase64url } from './jws-verification.ts';
import { malformed, Refusal, unauthorized } from './problem.ts';
import { certificateFromDer } from '../pki/certificate.ts';
import { samePublicKey } from '../pki/public-key.ts';
import { parseCertificateName } from '../core/domain-name.ts';
import type { IssuedRecord } from './state.ts';

/** What a subscriber may give (RFC 5280 section 5.3.1): 7 does not exist, 6 is forbidden to public CAs, 2, 8 and 10 are not a subscriber's. */
const REASONS = new Set<unknown>([0, 1, 3, 4, 5, 9]);

/** RFC 8555 section 7.6: by the account that ordered it, by one that holds all its names, or by its own key. */
export function revokeCertificate(ca: CaContext, request: AccountRequest | KeyRequest): Answer {
  const { certificate, reason } = requirePayload(request);
  if (typeof certificate !== 'string') throw malformed('the payload has no "certificate"');
  if (reason !== undefined && !REASONS.has(reason)) {
    throw new Refusal({
      type: 'badRevocationReason',
      detail: `the reason ${JSON.stringify(reason)} is not taken`,
      status: 400,
    });
  }
  const der = fromBase64url(certificate, 'certificate');
  const record = ca.state.certificates.values().find((issued) => Buffer.compare(issued.der, der) === 0);
  if (record === undefined) throw malformed('this CA has not issued the certificate', 404);
  if (!mayRevoke(ca, request, record))
    throw unauthorized('neither the account nor the key of this request may revoke the certificate');
  if (record.revokedAt !== undefined) {
    throw new Refusal({ type: 'alreadyRevoked', detail: 'the certificate is revoked already', status: 400 });
  }
  record.revokedAt = ca.clock.now();
  return { status: 200 };
}

function mayRevoke(ca: CaContext, request: AccountRequest | KeyRequest, record: IssuedRecord): boolean {
  if ('key' in request) return samePublicKey(certificateFromDer(record.der).publicKey, request.key.key);
  if (record.account === request.account) return true;
  return record.names.every((name) => findValid(ca, request.account, parseCertificateName(name)) !== undefined);
}
