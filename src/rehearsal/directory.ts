import { randomBytes } from 'node:crypto';
import type { CaContext } from './context.ts';
import { jsonAnswer } from './exchange.ts';
import type { Answer, OpenRequest } from './exchange.ts';

/** RFC 8555 section 7.1.1. A random entry keeps clients from refusing what they do not know. */
export function getDirectory(ca: CaContext): Answer {
  const { base, policy } = ca;
  const profiles = Object.fromEntries(
    Object.entries(policy.profiles).map(([name, lifetime]) => [name, `certificates for ${lifetime / 1000} seconds`]),
  );
  return jsonAnswer({
    [randomBytes(6).toString('base64url')]: `${base}/entries-that-are-not-known-must-be-ignored`,
    newNonce: `${base}/new-nonce`,
    newAccount: `${base}/new-account`,
    newOrder: `${base}/new-order`,
    revokeCert: `${base}/revoke-cert`,
    keyChange: `${base}/key-change`,
    renewalInfo: `${base}/renewal-info`,
    meta: {
      termsOfService: `${base}/terms`,
      website: `${base}/`,
      caaIdentities: ['rehearsal.invalid'],
      externalAccountRequired: Object.keys(policy.externalAccounts).length > 0,
      ...(Object.keys(profiles).length > 0 ? { profiles } : {}),
    },
  });
}

/** RFC 8555 section 7.2; the nonce itself is added to every answer by the router. */
export function newNonce(_ca: CaContext, request: OpenRequest): Answer {
  return { status: request.method === 'HEAD' ? 200 : 204 };
}
