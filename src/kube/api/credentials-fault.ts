import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Credentials } from './kube-config.ts';

/** Why credentials are none, without a word of them: `a client certificate and no key (client-key)`. */
export function credentialsFault({ ca, certificate, key, token }: Credentials): string | undefined {
  if (token !== undefined && !/^[\x21-\x7e]*$/.test(token)) return 'a token with characters that no token can have';
  // Not by createSecureContext: it takes a text without any certificate for no roots.
  if (ca !== undefined && !isReadable(() => new X509Certificate(ca)))
    return 'a certificate-authority that is no certificate in PEM';
  if (certificate !== undefined && key === undefined) return 'a client certificate and no key (client-key)';
  if (certificate === undefined && key !== undefined) return 'a client key and no certificate (client-certificate)';
  if (certificate !== undefined && !isReadable(() => createSecureContext({ cert: certificate, key })))
    return 'a client certificate and a key that cannot be read as PEM, or do not belong together';
  return undefined;
}

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
