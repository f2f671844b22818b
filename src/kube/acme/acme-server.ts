import type { AcmeIssuer } from '../schema/acme-issuer.ts';
import type { AcmeServer } from './acme-access.ts';

export type ServerOrFault =
  | { readonly kind: 'server'; readonly server: AcmeServer }
  /** `reason` is that of the issuer's condition. */
  | { readonly kind: 'invalid'; readonly reason: 'InvalidURL' | 'InvalidConfig'; readonly message: string };

/** The server that an issuer names. */
export function acmeServerOf({ server, caBundle, skipTLSVerify }: AcmeIssuer): ServerOrFault {
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
    const message = `spec.acme.server "${server}" is no URL; it must be that of the CA's directory, as in https://acme.example.net/directory`;
    return { kind: 'invalid', reason: 'InvalidURL', message };
  }
  const trust =
    caBundle === undefined || caBundle === '' ? undefined : Buffer.from(caBundle, 'base64').toString('utf8');
  if (trust !== undefined && skipTLSVerify === true) {
    const message =
      'spec.acme has both caBundle and skipTLSVerify: the one says whom to trust, the other to trust anyone; remove one of them';
    return { kind: 'invalid', reason: 'InvalidConfig', message };
  }
  return { kind: 'server', server: { directoryUrl: server, trust, trustAnyone: skipTLSVerify === true } };
}
