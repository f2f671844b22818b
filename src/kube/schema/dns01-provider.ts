import type { z } from 'zod';
import { kept, listOf, oneOf, optional, record, text } from './field.ts';
import { secretKey } from './secret-reference.ts';

const acmeDns = record('A server with the API of acme-dns. evercert is one itself.', {
  host: text('URL of the API of that server.'),
  accountSecretRef: secretKey('The accounts at that server: JSON with one entry for each domain, in a Secret.'),
});

const NOT_BUILT = 'Kept as it is, but evercert does not use it.';

/** How DNS-01 challenges are answered. Only `acmeDNS` is built; the others are kept for whoever moves here or back. */
export const dns01Provider = record('DNS-01: an answer in DNS.', {
  cnameStrategy: optional(
    oneOf('Kept as it is: evercert always follows the CNAME that delegates a challenge.', ['None', 'Follow']),
  ),
  nameservers: optional(
    listOf('Resolvers to ask whether the answer is there, as `address:port`.', text('One resolver.')),
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
});

export type Dns01Provider = z.infer<typeof dns01Provider>;
