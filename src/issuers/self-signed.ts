import type { Signing, SigningRequest } from './signing.ts';

/** Signs a request with its own key. `privateKey` is PEM and secret; it must be the one that the CSR was made with. */
export function signBySelf(
  request: SigningRequest,
  issuer: { readonly privateKey: string; readonly crlDistributionPoints?: readonly string[] | undefined },
  now: number,
): Promise<Signing> {
  throw new Error(`not yet ${String(request)} ${String(issuer)} ${now}`);
}
