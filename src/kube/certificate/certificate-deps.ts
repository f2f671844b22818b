import type { KubeDeps } from '../deps.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateStatus } from '../schema/certificate-status.ts';
import type { IssuancePace } from './issuance-pace.ts';
import type { KeyWorkshop } from './key-workshop.ts';
import type { NextKeys } from './next-keys.ts';
import type { SecretKeeper } from './secret-keeper.ts';

/** What the Certificate controller has beyond what all have. */
export interface CertificateDeps extends KubeDeps {
  readonly nextKeys: NextKeys;
  readonly workshop: KeyWorkshop;
  readonly keeper: SecretKeeper;
  readonly pace: IssuancePace;
  /** Looks at a Certificate again. */
  readonly wake: (key: string) => void;
  /** What is put into the copies in memory within `write` is the Certificate's own doing: it is not woken by it, only others are. */
  readonly quietly: (certificate: Certificate, write: () => void) => void;
  /** Statuses that are on their way to the API server, by the key of the Certificate. */
  readonly writing: Map<string, CertificateStatus>;
  /** Told after each issuance, with how long it took in ms. */
  readonly issued?: (certificate: Certificate, milliseconds: number) => void;
  readonly failed?: (certificate: Certificate, reason: string) => void;
}
