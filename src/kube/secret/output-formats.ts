import { assertNever } from '../../core/assert-never.ts';
import { privateKeyDer } from '../../pki/encode-key.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import { COMBINED_PEM, KEY_DER } from './secret-names.ts';

export type OutputFormats = CertificateSpec['additionalOutputFormats'];

/** What `spec.additionalOutputFormats` adds. `privateKey` and `certificate` are the PEM of tls.key and tls.crt as they stand. */
export function outputFormatData(
  formats: OutputFormats,
  { privateKey, certificate }: { readonly privateKey: string; readonly certificate: string },
): Record<string, string | Uint8Array> {
  const data: Record<string, string | Uint8Array> = {};
  for (const { type } of formats ?? []) {
    switch (type) {
      case 'DER':
        data[KEY_DER] = privateKeyDer(privateKey);
        break;
      case 'CombinedPEM':
        data[COMBINED_PEM] = `${privateKey}\n${certificate}`;
        break;
      default:
        assertNever(type);
    }
  }
  return data;
}
