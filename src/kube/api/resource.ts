import type { KubeObject } from './object.ts';

/** One kind of object at the API server: where it is, and how what is read from there is parsed. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /**
   * The one parse at the door. Gets an object with `apiVersion`, `kind` and `metadata.name` filled in.
   * Must let unknown members pass (newer servers add some), and throws DomainError `kube-bad-object` for what it cannot use.
   */
  readonly parse: (value: unknown) => T;
  /** Only metadata is asked for (PartialObjectMetadata); made by `metadataOf`, never by hand. */
  readonly metadataOnly?: true;
}

/** `cert-manager.io/v1`, or `v1` for the core group. */
export function apiVersionOf({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}
