import { defaultShimOptions } from '../kube/shim/shim-options.ts';
import type { KubeShimOptions } from './kube-shims.ts';

/** The flags of `evercert kube controller` about Ingresses and Gateways, as they stand on the command line. */
export interface KubeShimFlags {
  readonly defaultIssuerName?: string;
  readonly defaultIssuerKind?: string;
  readonly defaultIssuerGroup?: string;
  readonly autoCertificateAnnotations?: readonly string[];
  readonly extraCertificateAnnotations?: readonly string[];
  readonly enableGatewayApi?: boolean;
  readonly enableGatewayApiListenerset?: boolean;
  readonly gatewayApiExtraProtocols?: readonly string[];
}

/** cert-manager's names for the controllers. */
export const SHIM_CONTROLLERS = ['ingress-shim', 'gateway-shim', 'listenerset'] as const;

export function readShimFlags(flags: KubeShimFlags, disabled: ReadonlySet<string>): KubeShimOptions {
  const { defaultIssuer, autoAnnotations, extraAnnotations, extraProtocols } = defaultShimOptions;
  const hasGateways = flags.enableGatewayApi ?? false;
  return {
    ingresses: !disabled.has('ingress-shim'),
    gateways: hasGateways && !disabled.has('gateway-shim'),
    listenerSets: hasGateways && (flags.enableGatewayApiListenerset ?? false) && !disabled.has('listenerset'),
    defaultIssuer: {
      name: flags.defaultIssuerName ?? defaultIssuer.name,
      kind: flags.defaultIssuerKind ?? defaultIssuer.kind,
      group: flags.defaultIssuerGroup ?? defaultIssuer.group,
    },
    autoAnnotations: flags.autoCertificateAnnotations ?? autoAnnotations,
    extraAnnotations: flags.extraCertificateAnnotations ?? extraAnnotations,
    extraProtocols: flags.gatewayApiExtraProtocols ?? extraProtocols,
  };
}

/** What is allowed and probably not meant. */
export function shimWarnings(flags: KubeShimFlags): readonly string[] {
  const isHalf = flags.enableGatewayApiListenerset === true && flags.enableGatewayApi !== true;
  return isHalf ? ['--enable-gateway-api-listenerset is without effect: add --enable-gateway-api as well'] : [];
}
