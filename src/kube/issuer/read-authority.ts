import type { AuthorityMaterial } from '../../issuers/certificate-authority.ts';
import { formatKey } from '../api/object.ts';
import { secretBytes } from '../api/secret.ts';
import type { KubeDeps } from '../deps.ts';
import { CA_CRT, TLS_CRT, TLS_KEY } from '../secret/secret-names.ts';
import { secretNamespace } from './issuer-lookup.ts';
import type { AnyIssuer } from './issuer-lookup.ts';

export type AuthorityRead =
  | { readonly kind: 'read'; readonly authority: AuthorityMaterial }
  | { readonly kind: 'unusable'; readonly message: string };

/** The key pair of a CA issuer from its Secret. Whether the two belong together is for others to say. */
export async function readAuthority(
  issuer: AnyIssuer,
  { secrets, options }: Pick<KubeDeps, 'secrets' | 'options'>,
  signal: AbortSignal,
): Promise<AuthorityRead> {
  const { secretName = '', ...urls } = issuer.spec.ca ?? {};
  const key = { namespace: secretNamespace(issuer, options.clusterResourceNamespace), name: secretName };
  const secret = await secrets.read(key, signal);
  if (secret === undefined) return { kind: 'unusable', message: `secrets "${secretName}" not found` };
  const [certificate, privateKey] = [TLS_CRT, TLS_KEY].map((name) => secretBytes(secret, name));
  for (const [name, value] of [[TLS_CRT, certificate] as const, [TLS_KEY, privateKey] as const]) {
    if (value === undefined || value.length === 0) {
      return { kind: 'unusable', message: `no data for "${name}" in secret '${formatKey(key)}'` };
    }
  }
  // An intermediate that was issued here has its root beside it, not in its chain. It is needed to say what the CA is.
  const chain = `${text(certificate).trimEnd()}\n${text(secretBytes(secret, CA_CRT))}`;
  return { kind: 'read', authority: { certificate: chain, privateKey: text(privateKey), ...urls } };
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}
