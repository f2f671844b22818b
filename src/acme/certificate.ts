import { badResponse, linksOf } from './response.ts';
import type { AcmeSession } from './session.ts';

export { revokeCertificate } from './revocation.ts';

export interface AlternateChain {
  readonly url: string;
  /** PEM, leaf first; asked of the CA when called. */
  chain(signal: AbortSignal): Promise<string>;
}

export interface DownloadedCertificate {
  /** PEM, leaf first, as the CA sent it: unchecked. */
  readonly chain: string;
  readonly alternates: readonly AlternateChain[];
}

/** RFC 8555 section 7.4.2. Alternate chains (Link rel=alternate) are named at once and downloaded only when wanted. */
export async function downloadCertificate(
  session: AcmeSession,
  url: string,
  signal: AbortSignal,
): Promise<DownloadedCertificate> {
  const { chain, alternateUrls } = await download(session, url, signal);
  return {
    chain,
    alternates: alternateUrls.map((alternate) => ({
      url: alternate,
      chain: async (during) => (await download(session, alternate, during)).chain,
    })),
  };
}

async function download(
  session: AcmeSession,
  url: string,
  signal: AbortSignal,
): Promise<{ chain: string; alternateUrls: string[] }> {
  const request = {
    target: { url },
    payload: undefined,
    accept: 'application/pem-certificate-chain',
    doing: 'give the certificate',
  };
  const response = await session.post(request, signal);
  if (!response.body.includes('-----BEGIN CERTIFICATE-----')) {
    throw badResponse(response.url, 'a certificate', 'it is not in PEM');
  }
  return { chain: response.body, alternateUrls: linksOf(response, 'alternate').filter((other) => other !== url) };
}
