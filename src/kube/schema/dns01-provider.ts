import { kept, listOf, oneOf, optional, record, text } from './field.ts';
import type { Rule } from './field.ts';
import { secretKey } from './secret-reference.ts';

const acmeDns = record(
  'evercert itself, when `host` is missing or is the name of its zone; otherwise a server with the API of acme-dns.',
  {
    host: optional(text('URL of the API of that server.')),
    accountSecretRef: optional(
      secretKey(
        'The accounts at that server: JSON with one entry for each domain, in a Secret. Missing ones are registered.',
      ),
    ),
  },
);

const NOT_BUILT = 'Kept as it is, but evercert does not use it.';

const PROVIDERS = [
  'acmeDNS',
  'akamai',
  'cloudDNS',
  'cloudflare',
  'route53',
  'azureDNS',
  'digitalocean',
  'rfc2136',
  'webhook',
];

const ONE_PROVIDER: readonly Rule[] = [
  {
    rule: `[${PROVIDERS.map((name) => `has(self.${name})`).join(', ')}].exists_one(is, is)`,
    message: 'must have exactly one provider, such as acmeDNS',
  },
];

/** How DNS-01 challenges are answered. Only `acmeDNS` is built; the others are kept for whoever moves here or back. */
export const dns01Provider = record(
  'DNS-01: an answer in DNS.',
  {
    cnameStrategy: optional(
      oneOf('Kept as it is: evercert always follows the CNAME that delegates a challenge.', ['None', 'Follow']),
    ),
    nameservers: optional(
      listOf(
        'Resolvers to look at delegations through, and at nothing else, as `address:port` or as an `https://` URL.',
        text('One resolver.'),
      ),
    ),
    acmeDNS: optional(acmeDns),
    akamai: optional(kept(NOT_BUILT)),
    cloudDNS: optional(kept(NOT_BUILT)),
    cloudflare: optional(kept(NOT_BUILT)),
    route53: optional(kept(NOT_BUILT)),
    azureDNS: optional(kept(NOT_BUILT)),
    digitalocean: optional(kept(NOT_BUILT)),
    rfc2136: optional(kept(NOT_BUILT)),
    webhook: optional(kept(NOT_BUILT)),
  },
  { 'x-kubernetes-validations': ONE_PROVIDER },
);
