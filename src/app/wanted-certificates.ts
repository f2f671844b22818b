import type { CertificateConfig, Config } from '../config/config.ts';
import { certificateIdFor } from '../issuance/certificate-id.ts';
import type { CertificateRequest } from '../issuance/order-record.ts';
import type { WantedCertificateStore } from '../issuance/ports.ts';
import { apiCertificate } from './api-certificate.ts';
import type { Overrides } from './config-source.ts';

/** A certificate to keep current, from the configuration or from `evercert issue`. */
export interface Wanted {
  readonly request: CertificateRequest;
  /** Folder of its files, when it is not the usual one. */
  readonly output: string | undefined;
  /** Shell command to run after delivery. */
  readonly after: string | undefined;
  /** The flags it was asked for with; they are laid over the configuration when it is renewed. */
  readonly settings: Overrides | undefined;
}

/** Those of the configuration first, with that of the API; one asked for on the command line with the same id gives way to it. */
export async function listWanted(config: Config, store: WantedCertificateStore): Promise<Wanted[]> {
  const configured = configuredCertificates(config);
  const ids = new Set(configured.map(({ request }) => request.id));
  const stored = (await store.listWanted())
    .filter(({ certificate }) => !ids.has(certificate.id))
    .map(({ certificate, output, settings }): Wanted => ({ request: certificate, output, after: undefined, settings }));
  return [...configured, ...stored];
}

/** Those of the configuration, with that of the API. */
export function configuredCertificates(config: Config): Wanted[] {
  const { tls } = config.api;
  const own = tls?.kind === 'acme' ? [apiCertificate(tls)] : [];
  return [...config.certificates.map((certificate) => wantedOf(certificate, config)), ...own];
}

function wantedOf(certificate: CertificateConfig, config: Config): Wanted {
  const { names, keyType, profile, output, after } = certificate;
  const { directory: ca, preferredChain } = config.acme;
  const id = certificate.id ?? certificateIdFor(names);
  return { request: { id, names, ca, keyType, profile, preferredChain }, output, after, settings: undefined };
}

/** The wanted certificate that has a name or is called by it. */
export function findWanted(wanted: readonly Wanted[], name: string): Wanted | undefined {
  const asked = name.toLowerCase();
  return (
    wanted.find(({ request }) => request.id === asked) ??
    wanted.find(({ request }) => request.names.some((own) => own === asked))
  );
}
