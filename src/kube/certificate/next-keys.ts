import type { SecretCache } from '../api/secret-cache.ts';
import type { KubeObject } from '../api/object.ts';
import { NEXT_KEY_LABEL } from '../secret/secret-names.ts';

/** Which temporary key Secrets there are, by the UID of the Certificate that owns them. */
export interface NextKeys {
  /** Keys (`namespace/name`). */
  of(certificateUid: string): readonly string[];
  /** The name of the Certificate that owns this Secret, when it is such a one. */
  ownerName(secret: string): string | undefined;
  /** It was deleted by us: not to be looked at again until the cache has seen that as well. */
  remove(secret: string): void;
}

/** Kept by what the cache tells of: nothing is walked over. */
export function createNextKeys(secrets: Pick<SecretCache, 'onChange' | 'metadata'>): NextKeys {
  const byOwner = new Map<string, Set<string>>();
  const owners = new Map<string, { readonly uid: string; readonly name: string }>();

  function remove(key: string): void {
    const before = owners.get(key);
    if (before === undefined) return;
    const keys = byOwner.get(before.uid);
    keys?.delete(key);
    if (keys?.size === 0) byOwner.delete(before.uid);
    owners.delete(key);
  }

  secrets.onChange((key) => {
    const owner = ownerOf(secrets.metadata(key));
    if (owners.get(key)?.uid !== owner?.uid) remove(key);
    if (owner === undefined) return;
    owners.set(key, owner);
    byOwner.set(owner.uid, (byOwner.get(owner.uid) ?? new Set()).add(key));
  });

  return {
    of: (certificateUid) => [...(byOwner.get(certificateUid) ?? [])],
    ownerName: (secret) => owners.get(secret)?.name,
    remove,
  };
}

function ownerOf(object: KubeObject | undefined): { uid: string; name: string } | undefined {
  if (object?.metadata.labels?.[NEXT_KEY_LABEL] !== 'true') return undefined;
  const owner = object.metadata.ownerReferences?.find(
    ({ kind, controller }) => kind === 'Certificate' && controller === true,
  );
  return owner && { uid: owner.uid, name: owner.name };
}
