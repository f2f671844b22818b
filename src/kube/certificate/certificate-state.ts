import type { KeyObject } from 'node:crypto';
import { parseCertificateRequest } from '../../pki/certificate-request.ts';
import type { ParsedRequest } from '../../pki/certificate-request.ts';
import { parsePrivateKey } from '../../pki/key.ts';
import { parseCertificate } from '../../pki/parsed-certificate.ts';
import type { ParsedCertificate } from '../../pki/parsed-certificate.ts';
import { DomainError } from '../../core/error.ts';
import { secretBytes } from '../api/secret.ts';
import type { Secret } from '../api/secret.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';

/** What is gathered about one Certificate before anything is decided. */
export interface GatheredCertificate {
  readonly certificate: Certificate;
  /** The Secret that spec.secretName names. */
  readonly secret: Secret | undefined;
  /** The request that the certificate in the Secret came from: that of `status.revision`. Undefined when it is gone. */
  readonly currentRequest: CertificateRequest | undefined;
}

/** What was read, or why it could not be. */
export type Read<T> =
  | { readonly value: T; readonly fault?: undefined }
  | { readonly value?: undefined; readonly fault: string };

/** The same, with the parts read. Each is read at most once, and only when it is looked at: RSA keys are dear. */
export interface CertificateState extends GatheredCertificate {
  readonly key: () => Read<KeyObject>;
  readonly issued: () => Read<ParsedCertificate>;
  /** Of `currentRequest`, which must be there. */
  readonly request: () => Read<ParsedRequest>;
}

export function certificateState(gathered: GatheredCertificate): CertificateState {
  const { secret, currentRequest } = gathered;
  const textOf = (key: string): string => Buffer.from((secret && secretBytes(secret, key)) ?? []).toString('utf8');
  return {
    ...gathered,
    key: once(() => parsePrivateKey(textOf('tls.key'))),
    issued: once(() => parseCertificate(textOf('tls.crt'))),
    request: once(() =>
      parseCertificateRequest(Buffer.from(currentRequest?.spec.request ?? '', 'base64').toString('utf8')),
    ),
  };
}

function once<T>(read: () => T): () => Read<T> {
  let result: Read<T> | undefined;
  return () => (result ??= attempt(read));
}

function attempt<T>(read: () => T): Read<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof DomainError) return { fault: error.message };
    throw error;
  }
}
