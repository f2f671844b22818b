import type { z } from 'zod';
import { durationText } from './duration-field.ts';
import { dns01Provider } from './dns01-provider.ts';
import { kept, listOf, optional, record, text, textMap } from './field.ts';
import type { Rule } from './field.ts';

const ingress = record('Answers through an Ingress.', {
  serviceType: optional(text('Type of the Service.')),
  ingressClassName: optional(text('Class of the Ingress.')),
  class: optional(text('Class of the Ingress, as an annotation.')),
  name: optional(text('Name of an Ingress that is changed, in place of a new one.')),
  podTemplate: optional(kept('What the pod that answers looks like.')),
  ingressTemplate: optional(kept('What the Ingress looks like.')),
});

const gatewayHttpRoute = record('Answers through a Gateway.', {
  serviceType: optional(text('Type of the Service.')),
  labels: optional(textMap('Labels of the HTTPRoute.')),
  parentRefs: optional(listOf('Gateways that the HTTPRoute belongs to.', kept('One Gateway.'))),
  podTemplate: optional(kept('What the pod that answers looks like.')),
});

const ONE_TYPE: readonly Rule[] = [
  { rule: 'has(self.dns01) != has(self.http01)', message: 'must have exactly one of dns01 and http01' },
];

/** How challenges are answered, and for which names. */
export const challengeSolver = record(
  'How challenges are answered, and for which names.',
  {
    selector: optional(
      record('The names that this is for. When missing: those that no other one is for.', {
        matchLabels: optional(textMap('Labels that the Certificate has.')),
        dnsNames: optional(listOf('Exactly these names.', text('One name, with `*.` for a wildcard.'))),
        dnsZones: optional(
          listOf('These domains, with everything below them. The longest one wins.', text('One domain.')),
        ),
      }),
    ),
    dns01: optional(dns01Provider),
    http01: optional(
      record('HTTP-01: an answer of a web server. Kept as it is, but evercert does not use it.', {
        ingress: optional(ingress),
        gatewayHTTPRoute: optional(gatewayHttpRoute),
      }),
    ),
    waitInsteadOfSelfCheck: optional(
      durationText(
        'Do not look whether the answer can be seen, but wait for so long, such as `30s`, before the CA is told to look.',
      ),
    ),
  },
  { 'x-kubernetes-validations': ONE_TYPE },
);

export type ChallengeSolver = z.infer<typeof challengeSolver>;
