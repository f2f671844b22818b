import type { AcmeClient, SignedRequest } from './client.ts';
import type { HttpResponse } from './http.ts';
import type { SigningKey } from './jws.ts';

/** An account at a CA, ready to sign. The private key cannot be read from it. */
export interface AcmeSession {
  readonly client: AcmeClient;
  readonly accountUrl: string;
  /** RFC 7638 thumbprint of the account key, base64url: half of every key authorization (RFC 8555 section 8.1). */
  readonly thumbprint: string;
  readonly key: SigningKey;
  post(request: Omit<SignedRequest, 'signer'>, signal: AbortSignal): Promise<HttpResponse>;
}

export function createSession(client: AcmeClient, key: SigningKey, accountUrl: string): AcmeSession {
  return {
    client,
    accountUrl,
    thumbprint: key.thumbprint,
    key,
    post: (request, signal) => client.post({ ...request, signer: { key, accountUrl } }, signal),
  };
}
