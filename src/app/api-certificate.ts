import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import type { ApiTls, ApiTlsByAcme } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { parseCertificateName } from '../core/domain-name.ts';
import type { TlsMaterial } from '../http/listener.ts';
import { certificateIdFor } from '../issuance/certificate-id.ts';
import { createRoot, issueCertificate } from '../pki/issue.ts';
import { generateKey, parsePrivateKey } from '../pki/key.ts';
import type { DataFolder } from './data-folder.ts';
import { readTlsFiles } from './tls-files.ts';
import type { TlsFiles } from './tls-files.ts';
import type { Wanted } from './wanted-certificates.ts';

/** A day, in ms. */
const DAY = 86_400_000;

/** The certificate of the API as one that is kept current, like any other. */
export function apiCertificate({ name, directory: ca, contact }: ApiTlsByAcme): Wanted {
  return {
    request: {
      id: apiCertificateId(name),
      names: [parseCertificateName(name)],
      ca,
      keyType: 'P-256',
      profile: undefined,
      preferredChain: undefined,
    },
    output: undefined,
    after: undefined,
    settings: { acme: { directory: ca, contact } },
  };
}

/** No name of a certificate has an underscore in front, so it is never the id of another. */
function apiCertificateId(name: string): string {
  return `_api.${certificateIdFor([parseCertificateName(name)])}`;
}

/** Where the certificate of the API is, or will be. */
export function apiTlsFiles(tls: ApiTls, folder: Pick<DataFolder, 'certificateFolder'>): TlsFiles {
  if (tls.kind === 'files') return tls;
  const place = folder.certificateFolder(apiCertificateId(tls.name));
  return { certificateFile: join(place, 'fullchain.pem'), keyFile: join(place, 'privkey.pem') };
}

/**
 * What the API begins with: the files; or, where evercert gets the certificate itself and has none yet, that which acme-dns had; or one
 * that nobody trusts, so that the API listens and says by itself what it waits for.
 * @throws DomainError `file-not-readable`, `invalid-certificate` about files that somebody else keeps
 */
export async function firstApiTls(tls: ApiTls, files: TlsFiles, clock: Clock): Promise<TlsMaterial> {
  if (tls.kind === 'files') return await readTlsFiles(files);
  for (const one of [files, ...(tls.before === undefined ? [] : [tls.before])]) {
    const found = await readTlsFiles(one).catch(() => undefined);
    if (found !== undefined) return found;
  }
  return await placeholder(tls.name, clock.now());
}

async function placeholder(name: string, now: number): Promise<TlsMaterial> {
  const validity = { notBefore: now - DAY, notAfter: now + DAY };
  const issuer = await createRoot({ ...validity, commonName: 'evercert: certificate not there yet' });
  const key = await generateKey('P-256');
  const publicKey = createPublicKey(parsePrivateKey(key));
  return { cert: await issueCertificate({ ...validity, issuer, publicKey, names: [name] }), key };
}
