import type { KubeObject } from '../api/object.ts';
import { findIssuer, readIssuerReference } from '../issuer/issuer-lookup.ts';
import type { KubeDeps } from '../deps.ts';
import type { IssuerReference } from '../schema/issuer-reference.ts';
import { HTTP01 } from './annotation-names.ts';

const ASKED_BY = [HTTP01.editInPlace, HTTP01.ingressClass, HTTP01.ingressClassName];

/** An annotation about HTTP-01 does no harm beside another solver. Where there is none, somebody waits for something that never comes. */
export function http01Notice(
  deps: Pick<KubeDeps, 'issuers' | 'clusterIssuers'>,
  { metadata }: KubeObject,
  issuerRef: IssuerReference,
): readonly string[] {
  const annotation = ASKED_BY.find((name) => metadata.annotations?.[name] !== undefined);
  const reference = readIssuerReference(issuerRef);
  if (annotation === undefined || reference === 'foreign') return [];
  const { kind, name } = reference;
  const acme = findIssuer(deps, kind, name, metadata.namespace ?? '')?.spec.acme;
  if (acme === undefined || acme.solvers?.some(({ dns01 }) => dns01 !== undefined) === true) return [];
  return [
    `the annotation ${annotation} is without effect, since HTTP-01 challenges are not answered: give ${kind} "${name}" a solver with dns01.acmeDNS`,
  ];
}
