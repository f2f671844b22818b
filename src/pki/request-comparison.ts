import type { ParsedRequest, WantedContent } from './certificate-request.ts';
import { wantedSubject } from './certificate-request.ts';
import { commonNameOf, sameName } from './distinguished-name.ts';
import type { SubjectNames } from './general-names.ts';
import { ipOctets, ipText } from './ip-address.ts';
import type { ParsedCertificate } from './parsed-certificate.ts';
import { subjectFieldsOf } from './subject.ts';
import type { SubjectList } from './subject.ts';

/** Spec fields as cert-manager names them in its messages, in its order; its misprints are its own. */
const SUBJECT_LISTS: readonly (readonly [SubjectList, string])[] = [
  ['organizations', 'spec.subject.organizations'],
  ['countries', 'spec.subject.countries'],
  ['localities', 'spec.subject.localities'],
  ['organizationalUnits', 'spec.subject.organizationalUnits'],
  ['postalCodes', 'spec.subject.postCodes'],
  ['provinces', 'spec.subject.postCodes'],
  ['streetAddresses', 'spec.subject.streetAddresses'],
];

/**
 * The spec fields (`spec.dnsNames`, `spec.commonName`, ...) in which a request differs from what is wanted, in cert-manager's order;
 * empty when it fits. Lists are compared without their order. What stands beside the CSR in a CertificateRequest (isCA, usages, duration,
 * issuer) is compared by whoever has it.
 * @throws DomainError `invalid-subject` when the wanted literal subject cannot be read
 */
export function requestDifferences(wanted: WantedContent, request: ParsedRequest): string[] {
  return [...otherNameDifferences(wanted, request), ...subjectDifferences(wanted, request)];
}

function otherNameDifferences(wanted: WantedContent, found: SubjectNames): string[] {
  const names = nameDifferences(wanted, found);
  if (!sameList(found.dnsNames, wanted.dnsNames)) names.push('spec.dnsNames');
  if (wanted.otherNames === undefined) return names;
  const written = ({ oid, utf8Value }: { oid: string; utf8Value: string }): string => `${oid}=${utf8Value}`;
  if (!sameList(found.otherNames.map(written), wanted.otherNames.map(written))) names.push('spec.otherNames');
  return names;
}

function nameDifferences(wanted: WantedContent, found: SubjectNames): string[] {
  const names: string[] = [];
  if (!sameList(found.ipAddresses, (wanted.ipAddresses ?? []).map(canonicalIp))) names.push('spec.ipAddresses');
  if (!sameList(found.uris, wanted.uris)) names.push('spec.uris');
  if (!sameList(found.emailAddresses, wanted.emailAddresses)) names.push('spec.emailAddresses');
  return names;
}

function subjectDifferences(wanted: WantedContent, request: ParsedRequest): string[] {
  if (wanted.literalSubject !== undefined && wanted.literalSubject !== '') {
    return sameName(wantedSubject(wanted), request.subject) ? [] : ['spec.literalSubject'];
  }
  const found = subjectFieldsOf(request.subject);
  const subject = wanted.subject ?? {};
  return [
    ...(found.commonName === (wanted.commonName ?? '') ? [] : ['spec.commonName']),
    ...(found.serialNumber === (subject.serialNumber ?? '') ? [] : ['spec.subject.serialNumber']),
    ...SUBJECT_LISTS.flatMap(([field, name]) => (sameList(found[field], subject[field]) ? [] : [name])),
  ];
}

/**
 * The same against an issued certificate, for when no request is left to compare with. Looser, because a CA may issue something else than
 * was asked for: a name may stand as common name or among the DNS names, and the subject's other fields and the usages are not looked at.
 */
export function certificateDifferences(wanted: WantedContent, certificate: ParsedCertificate): string[] {
  const wantedNames = new Set([...(wanted.dnsNames ?? []), ...commonNames(wanted)]);
  const foundNames = new Set([...certificate.dnsNames, ...present(certificate.commonName)]);
  const differences: string[] = [];
  if (wantedNames.symmetricDifference(foundNames).size > 0) {
    const lacks = commonNames(wanted).some((name) => !foundNames.has(name));
    const surplus = present(certificate.commonName).some((name) => !wantedNames.has(name));
    if (lacks || surplus) differences.push('spec.commonName');
    const missing = (wanted.dnsNames ?? []).some((name) => !foundNames.has(name));
    if (missing || certificate.dnsNames.some((name) => !wantedNames.has(name))) differences.push('spec.dnsNames');
  }
  return [...differences, ...nameDifferences(wanted, certificate)];
}

function commonNames(wanted: WantedContent): string[] {
  return present(wanted.literalSubject ? commonNameOf(wantedSubject(wanted)) : (wanted.commonName ?? ''));
}

function present(text: string): string[] {
  return text === '' ? [] : [text];
}

function canonicalIp(address: string): string {
  const octets = ipOctets(address);
  return octets === undefined ? address : ipText(octets);
}

function sameList(one: readonly string[], other: readonly string[] = []): boolean {
  return one.length === other.length && JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted());
}
