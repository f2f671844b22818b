/** Reasons of Certificate conditions; programs and people look for them, so they are cert-manager's. */
export type ViolationReason =
  | 'DoesNotExist'
  | 'MissingData'
  | 'InvalidKeyPair'
  | 'InvalidCertificate'
  | 'InvalidCertificateRequest'
  | 'SecretMismatch'
  | 'IncorrectIssuer'
  | 'IncorrectCertificate'
  | 'RequestChanged'
  | 'Renewing'
  | 'Expired';

/** The first thing that is not as it should be. */
export interface Violation {
  readonly reason: ViolationReason;
  readonly message: string;
}
