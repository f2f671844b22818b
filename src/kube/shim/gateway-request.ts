import type { Gateway, ListenerSet } from '../api/gateway.ts';
import { CLUSTER_ISSUER, HTTP01, ISSUER, ISSUER_GROUP, ISSUER_KIND, isTrueText } from './annotation-names.ts';
import type { Annotations } from './annotation-names.ts';
import { listenerBlocks } from './listener-blocks.ts';
import { annotationsOf, isGoing } from './shim-request.ts';
import type { ShimRequest } from './shim-request.ts';

interface Options {
  readonly extraProtocols: readonly string[];
}

export function gatewayRequest(gateway: Gateway, { extraProtocols }: Options): ShimRequest {
  const { metadata, spec } = gateway;
  const annotations = metadata.annotations ?? {};
  const options = { namespace: metadata.namespace ?? '', annotations, extraProtocols };
  return {
    kind: 'blocks',
    annotations,
    ...listenerBlocks(spec.listeners ?? [], options),
    certificateAnnotations: parentAnnotations(gateway, annotations, metadata.namespace),
  };
}

/** `namespace/name` of the Gateway that the listeners are added to; undefined when it is something else. */
export function parentGatewayKey({ metadata, spec: { parentRef } }: ListenerSet): string | undefined {
  const { group = 'gateway.networking.k8s.io', kind = 'Gateway', name, namespace = '' } = parentRef;
  if (kind !== 'Gateway' || group !== 'gateway.networking.k8s.io' || name === '') return undefined;
  return `${namespace === '' ? (metadata.namespace ?? '') : namespace}/${name}`;
}

/** A ListenerSet without its Gateway serves nobody, and asks for nothing. `unseen`: that is in a namespace that is not looked at. */
export function listenerSetRequest(
  set: ListenerSet,
  parent: Gateway | 'unseen' | undefined,
  options: Options,
): ShimRequest {
  const gateway = parent === 'unseen' ? undefined : parent;
  if (parent !== 'unseen' && (gateway === undefined || isGoing(gateway))) return { kind: 'none' };
  const { metadata, spec } = set;
  const annotations = inherited(metadata.annotations ?? {}, gateway?.metadata.annotations ?? {});
  const http01Parent = isTrueText(annotations[HTTP01.parentFallback]) ? (gateway ?? set) : set;
  return {
    kind: 'blocks',
    annotations,
    ...listenerBlocks(spec.listeners ?? [], { namespace: metadata.namespace ?? '', annotations, ...options }),
    certificateAnnotations: parentAnnotations(http01Parent, annotations, metadata.namespace),
  };
}

/** Only who signs comes from the Gateway, and only all of it: half of one and half of the other would be an issuer that nobody meant. */
function inherited(own: Annotations, gateway: Annotations): Annotations {
  if (own[ISSUER] !== undefined || own[CLUSTER_ISSUER] !== undefined) return own;
  const { [ISSUER_KIND]: _kind, [ISSUER_GROUP]: _group, ...rest } = own;
  const names = [ISSUER, CLUSTER_ISSUER, ISSUER_KIND, ISSUER_GROUP];
  return { ...rest, ...annotationsOf(Object.fromEntries(names.map((name) => [name, gateway[name]]))) };
}

/** Where HTTP-01 would be answered; cert-manager reads it, when it gets the Certificates back. What people say holds. */
function parentAnnotations(
  { kind, metadata }: Gateway | ListenerSet,
  annotations: Annotations,
  namespace: string | undefined,
): Annotations {
  const said = [HTTP01.parentName, HTTP01.parentKind, HTTP01.parentNamespace];
  if (said.some((name) => annotations[name] !== undefined)) {
    return annotationsOf(Object.fromEntries(said.map((name) => [name, annotations[name]])));
  }
  return annotationsOf({
    [HTTP01.parentName]: metadata.name,
    [HTTP01.parentKind]: kind,
    [HTTP01.parentNamespace]: metadata.namespace === namespace ? undefined : metadata.namespace,
  });
}
