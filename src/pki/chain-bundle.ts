/** What goes into tls.crt and ca.crt. */
export interface ChainBundle {
  /** Leaf first, each signed by the next, without a self-signed root; PEM. */
  readonly chain: string;
  /** The root, or the topmost certificate there is; undefined when only a leaf that is not self-signed was given. */
  readonly ca: string | undefined;
}

/**
 * Puts certificates in any order (duplicates allowed) into one chain.
 * @throws DomainError `invalid-certificate` when they are no single chain
 */
export function bundleChain(pem: string): ChainBundle {
  throw new Error(`not yet ${pem.length}`);
}
