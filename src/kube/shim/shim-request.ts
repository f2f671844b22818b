import type { KubeObject } from '../api/object.ts';
import type { Annotations } from './annotation-names.ts';

/** What an Ingress, a Gateway or a ListenerSet asks for. */
export type ShimRequest =
  /** Something that is needed to know it is not there, or it is not for us. */
  | { readonly kind: 'none' }
  /** Nothing of it can be done as it stands. */
  | { readonly kind: 'bad'; readonly message: string }
  | {
      readonly kind: 'blocks';
      /** Those that count, which for a ListenerSet may come from its Gateway. */
      readonly annotations: Annotations;
      readonly blocks: readonly TlsBlock[];
      /** Every Secret that is named at all, also where the rest of the block is at fault: its Certificate is not deleted. */
      readonly named: ReadonlySet<string>;
      /** What is wrong with single blocks, which are passed over. */
      readonly faults: readonly string[];
      /** What its Certificates get as annotations. */
      readonly certificateAnnotations: Annotations;
    };

/** One Secret, and the hosts that its certificate is for. */
export interface TlsBlock {
  readonly secretName: string;
  /** DNS names and IP addresses. */
  readonly hosts: readonly string[];
}

/** Who is being deleted asks for nothing more; garbage collection deletes what it owned. */
export function isGoing({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined || metadata.finalizers?.includes('foregroundDeletion') === true;
}

/** Annotations without those that have no value. */
export function annotationsOf(entries: Readonly<Record<string, string | undefined>>): Annotations {
  const there = Object.entries(entries).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(there);
}
