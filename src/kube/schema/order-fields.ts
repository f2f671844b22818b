import type { z } from 'zod';
import { acmeState } from './acme-state.ts';
import { bytes, flag, listOf, observed, optional, record, text, time } from './field.ts';
import { IMMUTABLE } from './immutable.ts';
import { issuerReference } from './issuer-reference.ts';

export const orderSpec = record(
  'What is ordered. Never changes.',
  {
    request: bytes('The certificate signing request.'),
    issuerRef: issuerReference('The issuer of type ACME that is asked.'),
    commonName: optional(text('Common name of the request. Also among the names.')),
    dnsNames: optional(listOf('DNS names of the request.', text('One name.'))),
    ipAddresses: optional(listOf('IP addresses of the request.', text('One address.'))),
    duration: optional(text('Lifetime to ask the CA for.')),
    profile: optional(text('Name of a certificate profile of the CA.')),
    replaces: optional(text('Identifier of the certificate that this one replaces (RFC 9773 section 4.1).')),
  },
  { 'x-kubernetes-validations': IMMUTABLE },
);

export type OrderSpec = z.infer<typeof orderSpec>;

const challenge = record('One challenge.', {
  url: text('URL of the challenge.'),
  token: text('What the CA wants to see again.'),
  type: text('Type of the challenge, such as `dns-01`.'),
});

const authorization = record('One authorization.', {
  url: text('URL of the authorization.'),
  identifier: optional(text('The name to show control of.')),
  wildcard: optional(flag('Whether it is for the wildcard of that name.')),
  initialState: optional(acmeState('Its state when it was first seen. One that is valid needs no challenge.')),
  challenges: optional(listOf('The challenges to choose from.', challenge)),
});

export const orderStatus = record('What has become of it.', {
  url: observed(text('URL of the order at the CA.')),
  finalizeURL: observed(text('URL to finalize it.')),
  authorizations: observed(listOf('What the CA wants to see before it issues.', authorization)),
  certificate: observed(bytes('The certificate, and those between it and the root, in PEM.')),
  state: observed(acmeState('State of the order.')),
  reason: observed(text('Why it is in this state.')),
  failureTime: observed(time('When it failed.')),
});

export type OrderStatus = z.infer<typeof orderStatus>;
export type OrderAuthorization = z.infer<typeof authorization>;
