import type { Certificate } from '../schema/certificate.ts';
import type { CertificateDeps } from './certificate-deps.ts';
import type { Readiness } from './readiness.ts';

/** Said when the time of the renewal is set, and not only when it has come: until then somebody can mend the windows. */
export function sayWindowError(
  { events }: Pick<CertificateDeps, 'events'>,
  certificate: Certificate,
  { windowError }: Pick<Readiness, 'windowError'>,
): void {
  if (windowError === undefined) return;
  events.record(certificate, { type: 'Warning', reason: 'WindowError', message: windowError });
}
