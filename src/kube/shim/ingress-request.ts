import type { Ingress } from '../api/ingress.ts';
import { HTTP01, isTrueText, TEMPORARY_CERTIFICATE } from './annotation-names.ts';
import type { Annotations } from './annotation-names.ts';
import { annotationsOf } from './shim-request.ts';
import type { ShimRequest, TlsBlock } from './shim-request.ts';

/** One Certificate for each entry of `spec.tls`. */
export function ingressRequest({ metadata, spec }: Ingress): ShimRequest {
  const entries = (spec?.tls ?? []).map(({ hosts = [], secretName = '' }) => ({ hosts, secretName }));
  const places = new Map<string, number>();
  const blocks: TlsBlock[] = [];
  const faults: string[] = [];
  for (const [index, { hosts, secretName }] of entries.entries()) {
    const place = `spec.tls[${index}]`;
    const first = places.get(secretName);
    if (first !== undefined) {
      const both = `spec.tls[${first}] and ${place}`;
      return { kind: 'bad', message: `${both} name the same Secret ${secretName}: put their hosts into one of them` };
    }
    if (secretName === '') {
      faults.push(`Skipped ${place}: it has no secretName: say where its certificate is to be kept`);
      continue;
    }
    places.set(secretName, index);
    if (hosts.length === 0) faults.push(`Skipped ${place}: it has no hosts: name those that its certificate is for`);
    else blocks.push({ secretName, hosts });
  }
  const annotations = metadata.annotations ?? {};
  return {
    kind: 'blocks',
    annotations,
    blocks,
    named: new Set(places.keys()),
    faults,
    certificateAnnotations: http01Annotations(metadata.name, annotations),
  };
}

/** Nothing here acts on them, but for the temporary certificate; cert-manager does, when it gets the Certificates back. */
function http01Annotations(name: string, annotations: Annotations): Annotations {
  const inPlace = isTrueText(annotations[HTTP01.editInPlace]);
  return annotationsOf({
    [HTTP01.overrideName]: inPlace ? name : undefined,
    [TEMPORARY_CERTIFICATE]: inPlace ? 'true' : undefined,
    [HTTP01.overrideClass]: annotations[HTTP01.ingressClass],
    [HTTP01.overrideClassName]: annotations[HTTP01.ingressClassName],
  });
}
