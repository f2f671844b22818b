import { subjectFieldsOf } from '../../pki/subject.ts';
import type { ParsedCertificate } from '../../pki/parsed-certificate.ts';
import { csvLine } from './csv.ts';

const GROUP = 'cert-manager.io';

/** Annotations of a Secret that say whose it is and who issued it. */
export const CERTIFICATE_NAME = `${GROUP}/certificate-name`;
export const ISSUER_NAME = `${GROUP}/issuer-name`;
export const ISSUER_KIND = `${GROUP}/issuer-kind`;
export const ISSUER_GROUP = `${GROUP}/issuer-group`;

/** What the certificate in a Secret says, for people and programs that do not read X.509. Some stand there also when there is nothing to say. */
export function certificateAnnotations(certificate: ParsedCertificate): Record<string, string> {
  const subject = subjectFieldsOf(certificate.subject);
  const always = {
    'common-name': certificate.commonName,
    'alt-names': csvLine(certificate.dnsNames),
    'ip-sans': csvLine(certificate.ipAddresses),
    'uri-sans': csvLine(certificate.uris),
  };
  const whenThere = {
    'email-sans': csvLine(certificate.emailAddresses),
    'subject-organizations': csvLine(subject.organizations ?? []),
    'subject-organizationalunits': csvLine(subject.organizationalUnits ?? []),
    'subject-countries': csvLine(subject.countries ?? []),
    'subject-provinces': csvLine(subject.provinces ?? []),
    'subject-localities': csvLine(subject.localities ?? []),
    'subject-postalcodes': csvLine(subject.postalCodes ?? []),
    'subject-streetaddresses': csvLine(subject.streetAddresses ?? []),
    'subject-serialnumber': subject.serialNumber ?? '',
  };
  const entries = [...Object.entries(always), ...Object.entries(whenThere).filter(([, value]) => value !== '')];
  return Object.fromEntries(entries.map(([name, value]) => [`${GROUP}/${name}`, value]));
}
