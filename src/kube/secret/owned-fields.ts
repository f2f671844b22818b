import type { ManagedFieldsEntry } from '../api/object.ts';

/** What one field manager owns of a Secret: the names of labels, annotations and data, and the UIDs of owner references. */
export interface OwnedFields {
  readonly labels: ReadonlySet<string>;
  readonly annotations: ReadonlySet<string>;
  readonly data: ReadonlySet<string>;
  readonly owners: ReadonlySet<string>;
}

/** Reads it from `metadata.managedFields` (the format FieldsV1: a member `f:name` for each field, `k:{...}` for each item of a list). */
export function ownedFields(entries: readonly ManagedFieldsEntry[] | undefined, manager: string): OwnedFields {
  const owned = {
    labels: new Set<string>(),
    annotations: new Set<string>(),
    data: new Set<string>(),
    owners: new Set<string>(),
  };
  for (const { manager: by, fieldsV1 } of entries ?? []) {
    if (by !== manager) continue;
    const metadata = member(fieldsV1, 'f:metadata');
    addNames(owned.labels, member(metadata, 'f:labels'));
    addNames(owned.annotations, member(metadata, 'f:annotations'));
    addNames(owned.data, member(fieldsV1, 'f:data'));
    for (const item of Object.keys(member(metadata, 'f:ownerReferences') ?? {})) {
      const uid = uidOf(item);
      if (uid !== undefined) owned.owners.add(uid);
    }
  }
  return owned;
}

type Fields = Readonly<Record<string, unknown>>;

function member(fields: Fields | undefined, name: string): Fields | undefined {
  const value = fields?.[name];
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}

function addNames(names: Set<string>, fields: Fields | undefined): void {
  for (const field of Object.keys(fields ?? {})) if (field.startsWith('f:')) names.add(field.slice(2));
}

/** `k:{"uid":"..."}` */
function uidOf(item: string): string | undefined {
  try {
    const { uid } = JSON.parse(item.slice(2)) as { uid?: unknown };
    return item.startsWith('k:') && typeof uid === 'string' ? uid : undefined;
  } catch {
    return undefined;
  }
}
