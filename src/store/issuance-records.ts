// The small half of zod: it is loaded before DNS answers.
import * as z from 'zod/mini';
import type { CertificateName, DomainName } from '../core/domain-name.ts';

// Rows are foreign data: an older or newer evercert may have written them, or a person.
const certificateName = z.pipe(
  z.string(),
  z.transform((text) => text as CertificateName),
);
const domainName = z.pipe(
  z.string(),
  z.transform((text) => text as DomainName),
);
const instant = z.number();

const request = z.object({
  id: z.string(),
  names: z.array(certificateName).check(z.minLength(1)),
  ca: z.string(),
  keyType: z.enum(['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096']),
  profile: z.optional(z.string()),
  preferredChain: z.optional(z.string()),
});

const answer = z.object({ name: domainName, value: z.string() });
const challenge = z.extend(answer, { target: domainName, authorizationUrl: z.string(), challengeUrl: z.string() });
const challenges = z.array(challenge);
const orderUrl = z.string();

const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('delivered') }),
  z.object({ kind: z.literal('abandoned'), code: z.string(), message: z.string() }),
]);

/** A member that is always there, and that JSON leaves out when it is undefined. */
function orUndefined<T>(schema: z.ZodMiniType<T>) {
  return z.pipe(
    z.optional(schema),
    z.transform((value): T | undefined => value),
  );
}

const failure = z.object({
  code: z.string(),
  message: z.string(),
  notBefore: orUndefined(instant),
  permanent: z.boolean(),
});

const state = z.discriminatedUnion('step', [
  z.object({ step: z.literal('created') }),
  z.object({ step: z.literal('ordering') }),
  z.object({ step: z.literal('ordered'), orderUrl, authorizationUrls: z.array(z.string()) }),
  z.object({ step: z.literal('presenting'), orderUrl, challenges }),
  z.object({ step: z.literal('accepting'), orderUrl, challenges }),
  z.object({ step: z.literal('validating'), orderUrl, challenges, since: instant }),
  z.object({ step: z.literal('finalizing'), orderUrl, challenges, since: instant }),
  z.object({ step: z.literal('downloading'), orderUrl, challenges, certificateUrl: z.string() }),
  z.object({ step: z.literal('issued'), orderUrl, challenges, chain: z.string() }),
  z.object({ step: z.literal('cleaning'), orderUrl: orUndefined(orderUrl), challenges, outcome, retryAt: instant }),
  z.object({ step: z.literal('failing'), orderUrl: orUndefined(orderUrl), challenges, failure }),
]);

/** How each record is read back. What an unknown member says is passed over. */
export const records = {
  order: z.object({
    certificate: request,
    createdAt: instant,
    privateKey: z.string(),
    replaces: z.optional(z.string()),
    leftovers: z.optional(z.array(answer)),
    state,
  }),
  attempts: z.object({
    failures: z.number(),
    lastFailureAt: instant,
    notBefore: orUndefined(instant),
    permanent: z.boolean(),
    code: z.string(),
    message: z.string(),
    fingerprint: z.string(),
    countedOrder: z.optional(z.number()),
  }),
  renewal: z.object({
    serial: z.string(),
    ca: z.string(),
    issuedAt: instant,
    at: instant,
    reason: z.string(),
    window: z.optional(z.object({ start: instant, end: instant })),
    askAgainAt: z.optional(instant),
    announced: z.optional(z.boolean()),
  }),
  issued: z.object({
    certificate: request,
    privateKey: z.string(),
    chain: z.string(),
    issuedAt: instant,
  }),
  wanted: z.object({
    certificate: request,
    output: z.optional(z.string()),
    settings: z.optional(z.record(z.string(), z.unknown())),
  }),
};
