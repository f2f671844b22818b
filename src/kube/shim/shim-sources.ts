import type { Gateway, GatewayListener, ListenerSet } from '../api/gateway.ts';
import type { Informer } from '../api/informer.ts';
import type { Ingress } from '../api/ingress.ts';
import { formatKey, keyOf, parseKey } from '../api/object.ts';
import { gatewayRequest, listenerSetRequest, parentGatewayKey } from './gateway-request.ts';
import { ingressRequest } from './ingress-request.ts';
import type { ShimOptions } from './shim-options.ts';
import type { ShimSource } from './shim-source.ts';

/** Of an informer of Ingresses: `namespace/name` of the Secrets that one names. */
export const ingressIndexes = {
  secret: ({ metadata: { namespace }, spec }: Ingress) =>
    (spec?.tls ?? []).map(({ secretName: name = '' }) => formatKey({ namespace, name })),
};

export const gatewayIndexes = { secret: secretsOf };

export const listenerSetIndexes = {
  secret: secretsOf,
  /** `namespace/name` of the Gateway. */
  gateway: (set: ListenerSet) => [parentGatewayKey(set)].filter((key) => key !== undefined),
};

function secretsOf({ metadata: { namespace }, spec }: Gateway | ListenerSet): string[] {
  const references = (spec.listeners ?? []).flatMap(({ tls }: GatewayListener) => tls?.certificateRefs ?? []);
  return references.map(({ name }) => formatKey({ namespace, name }));
}

/** What is kept of an Ingress in memory: not its rules, which may be long. */
export function slimIngress(ingress: Ingress): Ingress {
  const { apiVersion, kind, metadata, spec } = ingress;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...annotations } = metadata.annotations ?? {};
  return { apiVersion, kind, metadata: { ...metadata, annotations }, spec: { tls: spec?.tls } };
}

export function ingressSource(informer: Informer<Ingress>): ShimSource<Ingress> {
  return { name: 'ingress-shim', informer, requestOf: ingressRequest };
}

export function gatewaySource(informer: Informer<Gateway>, options: ShimOptions): ShimSource<Gateway> {
  return { name: 'gateway-shim', informer, requestOf: (gateway) => gatewayRequest(gateway, options) };
}

/** `namespace`: the only one that is looked at. */
export function listenerSetSource(
  informer: Informer<ListenerSet>,
  gateways: Informer<Gateway>,
  options: ShimOptions & { readonly namespace?: string | undefined },
): ShimSource<ListenerSet> {
  const parentOf = (set: ListenerSet): Gateway | 'unseen' | undefined => {
    const key = parentGatewayKey(set);
    if (key === undefined) return undefined;
    const isSeen = options.namespace === undefined || options.namespace === parseKey(key).namespace;
    return isSeen ? gateways.get(key) : 'unseen';
  };
  return {
    name: 'listenerset',
    informer,
    requestOf: (set) => listenerSetRequest(set, parentOf(set), options),
    watch(wake) {
      gateways.onChange((key) => {
        for (const set of informer.byIndex('gateway', key)) wake(keyOf(set));
      });
    },
  };
}
