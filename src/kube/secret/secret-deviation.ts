import type { Secret } from '../api/secret.ts';
import type { SecretContent } from './certificate-secret.ts';
import { ownedFields } from './owned-fields.ts';
import type { OwnedFields } from './owned-fields.ts';
import { SECRET_MANAGER } from './secret-names.ts';

/**
 * In what a Secret is not as it should be, in words for a log line; undefined when it is. What others put there does not count: only what we should
 * own and do not, what is ours with another value, and what is ours and should be no more. `certificateUid`: of the Certificate whose it is.
 */
export function secretDeviation(secret: Secret, wanted: SecretContent, certificateUid: string): string | undefined {
  const owned = ownedFields(secret.metadata.managedFields, SECRET_MANAGER);
  return (
    mapDeviation('label', secret.metadata.labels, wanted.labels, owned.labels) ??
    mapDeviation('annotation', secret.metadata.annotations, wanted.annotations, owned.annotations) ??
    mapDeviation('data', secret.data, wanted.data, owned.data) ??
    ownerDeviation(secret, wanted, owned, certificateUid)
  );
}

/** Only names are told, never values: those of data are secret. */
function mapDeviation(
  what: string,
  present: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
  owned: ReadonlySet<string>,
): string | undefined {
  for (const [name, value] of Object.entries(wanted)) {
    if (present?.[name] !== value) return `${what} ${name} is missing or different`;
    if (!owned.has(name)) return `${what} ${name} is not owned`;
  }
  const surplus = [...owned].find((name) => !Object.hasOwn(wanted, name));
  return surplus === undefined ? undefined : `${what} ${surplus} is no longer asked for`;
}

function ownerDeviation(
  secret: Secret,
  wanted: SecretContent,
  owned: OwnedFields,
  certificateUid: string,
): string | undefined {
  const isOwned = owned.owners.has(certificateUid);
  const [owner] = wanted.ownerReferences;
  if (owner === undefined) return isOwned ? 'the owner reference is no longer asked for' : undefined;
  const present = secret.metadata.ownerReferences?.find(({ uid }) => uid === owner.uid);
  const isRight =
    present?.apiVersion === owner.apiVersion &&
    present.kind === owner.kind &&
    present.name === owner.name &&
    present.controller === owner.controller &&
    present.blockOwnerDeletion === owner.blockOwnerDeletion;
  return isOwned && isRight ? undefined : 'the owner reference is missing or different';
}
