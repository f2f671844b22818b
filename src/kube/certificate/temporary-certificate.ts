import type { KeyObject } from 'node:crypto';
import { DomainError } from '../../core/error.ts';
import { signByAuthority } from '../../issuers/certificate-authority.ts';
import { signBySelf } from '../../issuers/self-signed.ts';
import type { Signing } from '../../issuers/signing.ts';
import { createCertificateRequest, requestPem } from '../../pki/certificate-request.ts';
import { encodePrivateKey } from '../../pki/encode-key.ts';
import { generateKey, parsePrivateKey } from '../../pki/key.ts';
import type { ParsedCertificate } from '../../pki/parsed-certificate.ts';
import { subjectFieldsOf } from '../../pki/subject.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { IssuedMaterial } from '../secret/certificate-secret.ts';
import { wantedContent } from './wanted-content.ts';

const ANNOTATION = 'cert-manager.io/issue-temporary-certificate';
const ISSUER = 'cert-manager.local';
/** In the subject, as in cert-manager: what tells a temporary certificate from one that somebody has signed. */
const SUBJECT_SERIAL = '1234567890';

/** Whether a temporary certificate is asked for: something for a server to start with, before the issuer has signed. */
export function wantsTemporary({ metadata }: Certificate): boolean {
  return metadata.annotations?.[ANNOTATION] === 'true';
}

export function isTemporary({ subject, issuer }: ParsedCertificate): boolean {
  return subjectFieldsOf(issuer).commonName === ISSUER && subjectFieldsOf(subject).serialNumber === SUBJECT_SERIAL;
}

/** A certificate of a CA whose key is thrown away at once: nobody can mean to trust it. `key` is the next key of the Certificate. */
export async function temporaryMaterial({ spec }: Certificate, key: KeyObject, now: number): Promise<IssuedMaterial> {
  const caKey = await generateKey({ algorithm: 'ECDSA' });
  const caRequest = await createCertificateRequest({
    privateKey: parsePrivateKey(caKey),
    commonName: ISSUER,
    isCA: true,
    usages: ['cert sign'],
  });
  const ca = signed(
    await signBySelf({ csr: requestPem(caRequest), isCA: true, usages: ['cert sign'] }, { privateKey: caKey }, now),
  );
  const { literalSubject: _, ...content } = wantedContent(spec);
  const subject = { ...content.subject, serialNumber: SUBJECT_SERIAL };
  const request = await createCertificateRequest({ ...content, subject, privateKey: key });
  const certificate = signed(
    await signByAuthority(
      { csr: requestPem(request), usages: spec.usages },
      { certificate: ca, privateKey: caKey },
      now,
    ),
  );
  return { privateKey: encodePrivateKey(key, spec.privateKey?.encoding ?? 'PKCS1'), certificate, ca: undefined };
}

function signed(signing: Signing): string {
  if (signing.outcome === 'signed') return signing.certificate;
  throw new DomainError('invalid-certificate', `no temporary certificate can be made: ${signing.message}`);
}
