import { isIP } from 'node:net';
import type { Draft } from '../api/client.ts';
import type { KubeObject, OwnerReference } from '../api/object.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { AnnotatedSpec } from './annotated-spec.ts';
import type { Annotations } from './annotation-names.ts';
import type { TlsBlock } from './shim-request.ts';

/** A Certificate as an Ingress or Gateway asks for it. */
export type WantedCertificate = Draft<Certificate> & {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Annotations;
    readonly ownerReferences: readonly OwnerReference[];
  };
};

export interface Wish {
  readonly owner: KubeObject;
  readonly block: TlsBlock;
  readonly issuerRef: { readonly name: string; readonly kind: string; readonly group: string };
  readonly spec: AnnotatedSpec;
  readonly annotations: Annotations;
}

const DEFAULT_USAGES = ['digital signature', 'key encipherment'] as const;
/** Says that its object belongs to a set that somebody prunes; the Certificate does not. */
const NOT_COPIED = 'applyset.kubernetes.io/part-of';

/** It has the name of its Secret, and everything that is written into it is as cert-manager writes it, so that moving changes nothing. */
export function wantedCertificate({ owner, block, issuerRef, spec, annotations }: Wish): WantedCertificate {
  const { secretName, hosts } = block;
  const { metadata, apiVersion, kind } = owner;
  const labels = Object.entries(metadata.labels ?? {}).filter(([name]) => name !== NOT_COPIED);
  const names = unique([...hosts, ...(spec.dnsNames ?? [])]);
  const dnsNames = names.filter((name) => isIP(name) === 0);
  const ipAddresses = unique([...names.filter((name) => isIP(name) !== 0), ...(spec.ipAddresses ?? [])]);
  return {
    metadata: {
      name: secretName,
      namespace: metadata.namespace ?? '',
      ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ownerReferences: [
        {
          apiVersion,
          kind,
          name: metadata.name,
          uid: metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      ...spec,
      dnsNames: dnsNames.length > 0 ? dnsNames : undefined,
      ipAddresses: ipAddresses.length > 0 ? ipAddresses : undefined,
      secretName,
      issuerRef,
      usages: spec.usages ?? [...DEFAULT_USAGES],
    },
  };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
