import type { z } from 'zod';
import { acmeState } from './acme-state.ts';
import { challengeSolver } from './challenge-solver.ts';
import { conditionsOfRequest } from './condition.ts';
import { flag, kept, observed, oneOf, optional, record, text, time } from './field.ts';
import type { Rule } from './field.ts';
import { IMMUTABLE } from './immutable.ts';
import { issuerReference } from './issuer-reference.ts';

const NOT_WILDCARD: readonly Rule[] = [
  { rule: `!self.startsWith('*.')`, message: 'is a wildcard: write the name without *. and set wildcard: true' },
];

export const challengeSpec = record(
  'What is to be shown, and how. Never changes.',
  {
    url: text('URL of the challenge at the CA.'),
    authorizationURL: text('URL of the authorization that it belongs to.'),
    dnsName: text('The name to show control of, without `*.`.', { 'x-kubernetes-validations': NOT_WILDCARD }),
    wildcard: optional(flag('Whether it is for the wildcard of that name.')),
    type: oneOf('Type of the challenge.', ['HTTP-01', 'DNS-01']),
    token: text('What the CA wants to see again.'),
    key: text('The answer: for DNS-01 the value of the TXT record.'),
    solver: challengeSolver,
    issuerRef: issuerReference('The issuer of type ACME that it belongs to.'),
  },
  { 'x-kubernetes-validations': IMMUTABLE },
);

export type ChallengeSpec = z.infer<typeof challengeSpec>;

export const challengeStatus = record('What has become of it.', {
  processing: observed(flag('Whether it is being worked on.')),
  presented: observed(flag('Whether the answer is in place.')),
  presentedAt: observed(time('When the answer was put in place.')),
  reason: observed(text('Why it is in this state, and what it waits for.')),
  state: observed(acmeState('State of the challenge.')),
  conditions: observed(conditionsOfRequest('Kept as they are.')),
  solver: observed(optional(kept('Kept as it is.'))),
  nextReconcile: observed(time('Kept as it is.')),
});

export type ChallengeStatus = z.infer<typeof challengeStatus>;
