import type { Informer } from '../api/informer.ts';
import type { KubeObject } from '../api/object.ts';
import type { ShimRequest } from './shim-request.ts';

/** A kind of object that asks for certificates by annotations. */
export interface ShimSource<T extends KubeObject = KubeObject> {
  /** As cert-manager calls the controller: `ingress-shim`. */
  readonly name: string;
  /** With the index `secret`: under `namespace/name` of every Secret that an object names. */
  readonly informer: Informer<T>;
  readonly requestOf: (object: T) => ShimRequest;
  /** Calls back with the key of an object that something else has changed for. */
  readonly watch?: (wake: (key: string) => void) => void;
}
