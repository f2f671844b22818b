import { DomainError } from '../core/error.ts';
import type { Certificate } from './certificate.ts';
import { parseChain } from './chain.ts';

/** What goes into tls.crt and ca.crt. */
export interface ChainBundle {
  /** Leaf first, each signed by the next, without a self-signed root; PEM. */
  readonly chain: string;
  /** The root, or the topmost certificate there is; undefined when only a leaf that is not self-signed was given. */
  readonly ca: string | undefined;
}

/** A chain has a handful; more are no chain but an attempt to keep us busy. */
const MOST_CERTIFICATES = 100;

/**
 * Puts certificates in any order (duplicates allowed) into one chain.
 * @throws DomainError `invalid-certificate` when they are no single chain
 */
export function bundleChain(pem: string): ChainBundle {
  const certificates = [...new Map(parseChain(pem).map((certificate) => [certificate.pem, certificate])).values()];
  if (certificates.length > MOST_CERTIFICATES)
    throw invalid(`there are more than ${MOST_CERTIFICATES} certificates in it`);
  const ordered = order(certificates);
  const top = ordered.at(-1);
  if (top === undefined) throw invalid('it is empty');
  const root = signs(top, top);
  const chain = root && ordered.length > 1 ? ordered.slice(0, -1) : ordered;
  return {
    chain: chain.map((certificate) => certificate.pem).join(''),
    ca: root || ordered.length > 1 ? top.pem : undefined,
  };
}

/** From the one that signed no other, up to the one that no other signed. */
function order(certificates: readonly Certificate[]): Certificate[] {
  const rest = new Set(certificates);
  const leaf = certificates.find(
    (candidate) => !certificates.some((other) => other !== candidate && signs(candidate, other)),
  );
  const ordered: Certificate[] = [];
  for (let next = leaf; next !== undefined;) {
    const current: Certificate = next;
    ordered.push(current);
    rest.delete(current);
    const parents = [...rest].filter((candidate) => signs(candidate, current));
    // Where a root is also there as cross-signed by another, the chain goes on through the cross-signed one.
    next = parents.find((candidate) => !signs(candidate, candidate)) ?? parents[0];
  }
  if (rest.size > 0 || ordered.length === 0) throw invalid('the certificates are not one chain');
  return ordered;
}

function signs(issuer: Certificate, subject: Certificate): boolean {
  return issuer.x509.ca && subject.x509.checkIssued(issuer.x509) && subject.x509.verify(issuer.publicKey);
}

function invalid(why: string): DomainError {
  return new DomainError('invalid-certificate', `the certificate chain cannot be used: ${why}`);
}
