import type { KubeDeps } from '../deps.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { IssuancePace } from './issuance-pace.ts';
import type { KeyWorkshop } from './key-workshop.ts';
import type { NextKeys } from './next-keys.ts';
import type { OwnWrites } from './own-writes.ts';
import type { SecretKeeper } from './secret-keeper.ts';

/** What the Certificate controller has beyond what all have. */
export interface CertificateDeps extends KubeDeps {
  readonly nextKeys: NextKeys;
  readonly workshop: KeyWorkshop;
  readonly keeper: SecretKeeper;
  readonly pace: IssuancePace;
  /** Looks at a Certificate again. */
  readonly wake: (key: string) => void;
  readonly ownWrites: OwnWrites;
  /** Told after each issuance, with how long it took in ms. */
  readonly issued?: (certificate: Certificate, milliseconds: number) => void;
  readonly failed?: (certificate: Certificate, reason: string) => void;
}
