import { baseName, parseCertificateName } from '../../core/domain-name.ts';
import type { DomainName } from '../../core/domain-name.ts';
import { DomainError } from '../../core/error.ts';
import { chooseSolver } from '../acme/solver-choice.ts';
import { solverKind } from '../acme/solver-kind.ts';
import { readIssuerReference } from '../issuer/issuer-lookup.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import { issuerTypeOf } from '../issuer/issuer-type.ts';
import type { AcmeIssuer } from '../schema/acme-issuer.ts';
import type { Certificate } from '../schema/certificate.ts';

/** A Certificate as it is, or as it would be made. */
export type CertificateDraft = Pick<Certificate, 'metadata' | 'spec'>;

/** Whether a certificate can be had from an issuer here. */
export type IssuerSupport =
  | { readonly kind: 'supported' }
  /** The controller of somebody else signs, as before. */
  | { readonly kind: 'foreign' }
  /** A sentence about it. */
  | { readonly kind: 'unsupported'; readonly message: string };

/** `ownZone`: the challenge zone that evercert is to serve, if any. */
export function issuerSupport(
  { metadata, spec }: CertificateDraft,
  issuer: AnyIssuer | undefined,
  ownZone: DomainName | undefined,
): IssuerSupport {
  const reference = readIssuerReference(spec.issuerRef);
  if (reference === 'foreign') return { kind: 'foreign' };
  const what = `${reference.kind} ${reference.name}`;
  if (issuer === undefined) return unsupported(`there is no ${what}`);
  const type = issuerTypeOf(issuer);
  switch (type) {
    case 'ca':
    case 'selfSigned':
      return { kind: 'supported' };
    case 'acme': {
      const fault = acmeFault(spec, metadata.labels ?? {}, issuer.spec.acme, ownZone);
      return fault === undefined ? { kind: 'supported' } : unsupported(`${what}: ${fault}`);
    }
    case 'vault':
    case 'venafi':
    case undefined:
    default:
      return unsupported(
        `${what} is of the type ${type ?? 'none'}, which evercert does not have; ask another issuer, or leave what it signs to cert-manager`,
      );
  }
}

function acmeFault(
  { dnsNames = [], commonName, ipAddresses = [] }: Certificate['spec'],
  labels: Readonly<Record<string, string>>,
  acme: AcmeIssuer | undefined,
  ownZone: DomainName | undefined,
): string | undefined {
  const [address] = ipAddresses;
  if (address !== undefined) return `the IP address ${address} cannot be validated by DNS-01`;
  const names = dnsNames.length === 0 && commonName !== undefined ? [commonName] : dnsNames;
  for (const text of names) {
    const fault = nameFault(text, labels, acme, ownZone);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function nameFault(
  text: string,
  labels: Readonly<Record<string, string>>,
  acme: AcmeIssuer | undefined,
  ownZone: DomainName | undefined,
): string | undefined {
  try {
    const name = parseCertificateName(text);
    const solver = chooseSolver(acme?.solvers, { dnsName: baseName(name), wildcard: name.startsWith('*.'), labels });
    if (solver === undefined) return `no solver is for ${name}`;
    const kind = solverKind(solver, ownZone);
    return kind.kind === 'unsupported' ? `${name}: ${kind.message}` : undefined;
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
}

function unsupported(message: string): IssuerSupport {
  return { kind: 'unsupported', message };
}
