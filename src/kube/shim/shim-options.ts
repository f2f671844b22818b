/** What the flags of `evercert kube controller` say about Ingresses and Gateways. */
export interface ShimOptions {
  /** For Ingresses that ask for a certificate without naming an issuer. Its group is also that of an issuer named without one. */
  readonly defaultIssuer: { readonly name: string; readonly kind: string; readonly group: string };
  /** Annotations of an Ingress that ask for a certificate of the default issuer when they are true. */
  readonly autoAnnotations: readonly string[];
  /** Annotations that the Certificate gets as well. */
  readonly extraAnnotations: readonly string[];
  /** Protocols of listeners that count beside HTTPS and TLS. */
  readonly extraProtocols: readonly string[];
}

export const defaultShimOptions: ShimOptions = {
  defaultIssuer: { name: '', kind: 'Issuer', group: 'cert-manager.io' },
  autoAnnotations: ['kubernetes.io/tls-acme'],
  extraAnnotations: [],
  extraProtocols: [],
};
