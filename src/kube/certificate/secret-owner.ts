import type { Secret } from '../api/secret.ts';
import type { Certificate } from '../schema/certificate.ts';
import { CERTIFICATE_NAME } from '../secret/certificate-annotations.ts';

/**
 * Which of the Certificates that name one Secret may write it: the one it was issued for, else the oldest. Without such a rule each would undo what
 * the other has done, for ever.
 */
export function secretOwner(
  certificates: readonly Certificate[],
  secret: Pick<Secret, 'metadata'> | undefined,
): Certificate | undefined {
  const candidates = certificates.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const issuedFor = secret?.metadata.annotations?.[CERTIFICATE_NAME];
  return (
    candidates.find(({ metadata }) => metadata.name === issuedFor) ??
    candidates.toSorted((one, other) => compareAge(one, other))[0]
  );
}

function compareAge({ metadata: one }: Certificate, { metadata: other }: Certificate): number {
  const [made, madeOther] = [one.creationTimestamp ?? '', other.creationTimestamp ?? ''];
  if (made !== madeOther) return made < madeOther ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}
