import type { DomainName } from '../../core/domain-name.ts';
import type { ChallengeSolver } from '../schema/challenge-solver.ts';

/** How a solver answers, as far as it can be used here. */
export type SolverKind =
  /** The DNS server of this program, from the Challenge objects. `account`: where accounts of another server were kept before. */
  | { readonly kind: 'own'; readonly account: AccountReference | undefined }
  /** An acme-dns server over HTTP. */
  | { readonly kind: 'remote'; readonly host: string; readonly account: AccountReference }
  /** Kept for whoever moves here or back, and not built. `message` ends a sentence about a name. */
  | { readonly kind: 'unsupported'; readonly message: string };

export interface AccountReference {
  readonly name: string;
  readonly key: string;
}

/** cert-manager has no default for it; this one is in its documentation. */
const DEFAULT_KEY = 'acmedns.json';

/**
 * `ownZone` is the challenge zone that this program serves, if it does. A solver is our own when it names no host, or the name of that zone: an
 * acme-dns server is commonly reached by it, and so a cluster that came from one needs no change.
 */
export function solverKind(solver: ChallengeSolver, ownZone: DomainName | undefined): SolverKind {
  const { dns01 } = solver;
  if (dns01 === undefined) {
    return unsupported(
      solver.http01 === undefined
        ? 'its solver has neither dns01 nor http01'
        : 'its solver is HTTP-01, which evercert does not do',
    );
  }
  const { acmeDNS } = dns01;
  if (acmeDNS === undefined) {
    const provider =
      Object.keys(dns01).find((member) => member !== 'cnameStrategy' && member !== 'nameservers') ?? 'none';
    return unsupported(`its solver is the DNS provider ${provider}, which evercert does not speak to`);
  }
  const { host = '', accountSecretRef } = acmeDNS;
  const account = accountOf(accountSecretRef);
  const isOwn = ownZone !== undefined && (host === '' || hostNameOf(host) === ownZone);
  if (isOwn) return { kind: 'own', account };
  if (host === '') {
    return unsupported(
      'its solver names no acmeDNS.host, and evercert was started without a challenge zone of its own (--dns-zone)',
    );
  }
  if (account === undefined)
    return unsupported('its solver names no acmeDNS.accountSecretRef, where accounts would be kept');
  return { kind: 'remote', host: withScheme(host), account };
}

function unsupported(what: string): SolverKind {
  return { kind: 'unsupported', message: `${what}; give the issuer a solver with dns01.acmeDNS for it` };
}

function accountOf(reference: { readonly name: string; readonly key?: string | undefined } | undefined) {
  if (reference === undefined || reference.name === '') return undefined;
  const { name, key = '' } = reference;
  return { name, key: key === '' ? DEFAULT_KEY : key };
}

/** cert-manager's documentation also shows a host without a scheme, which its client could not use. */
function withScheme(host: string): string {
  return /^https?:\/\//i.test(host) ? host : `https://${host}`;
}

function hostNameOf(host: string): string {
  const url = withScheme(host);
  return URL.canParse(url) ? new URL(url).hostname.toLowerCase().replace(/\.$/, '') : '';
}
