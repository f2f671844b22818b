import * as z from 'zod';

// The bodies of the API, for the OpenAPI document and for the types of those who read and write them. What comes in is read as Go
// reads it (account-body.ts): these say what a client should send, and the readers take all of that and more.

const username = z.uuid().describe('Name of the user of an account.');
const password = z
  .string()
  .regex(/^[A-Za-z0-9_-]{40}$/)
  .describe('Its key. It is told once and cannot be looked up.');
const subdomain = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/)
  .describe('The label that the account may write to.');
const fulldomain = z.string().describe('The name that a CNAME at _acme-challenge.<domain> has to lead to.');
const allowfrom = z
  .array(z.string())
  .describe('Networks that the account may be used from, as in 192.0.2.0/24. An empty list allows all.');
const txt = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/)
  .describe('The value of the TXT record: the base64url SHA-256 of the key authorization (RFC 8555 section 8.4).');

export const registerRequest = z.union([z.object({ allowfrom: allowfrom.nullish() }), z.null()]);
export const updateRequest = z.object({ subdomain, txt });
export const changeRequest = z.object({ subdomain, allowfrom: allowfrom.nullish() });
export const ownRequest = z.object({ subdomain });
export const httpreqRequest = z.union([
  z.object({ fqdn: z.string().describe('Name of the TXT record.'), value: txt }),
  z.object({
    domain: z.string(),
    token: z.string(),
    keyAuth: z.string().describe('Key authorization of the challenge (RFC 8555 section 8.1).'),
  }),
]);

export const accountAnswer = z.object({ username, password, fulldomain, subdomain, allowfrom });
export const valueAnswer = z.object({ txt });
export const deregisterAnswer = z.object({ subdomain });

export const keptAccount = z.object({
  fulldomain: z.string(),
  subdomain: z.string(),
  username: z.string(),
  password: z.string(),
  server_url: z.string().optional().describe('The server that the account is registered at.'),
});
/** An account as clients of acme-dns keep it. `password` is a secret. */
export type KeptAccount = Readonly<z.infer<typeof keptAccount>>;
export const keptAccounts = z.record(z.string(), keptAccount).describe('Accounts by their domains.');
export const nothing = z.object({});

/** What each error means. */
export const errorCodes = {
  malformed_json_payload: 'The body cannot be read.',
  invalid_allowfrom_cidr: 'An entry of allowfrom is no network; write it as in 192.0.2.7/32.',
  bad_subdomain: 'The label of the account is none: somebody has edited the database.',
  bad_txt: 'txt is not 43 characters of base64url without padding.',
  bad_domain: 'The path does not end in a domain name.',
  bad_fulldomain: 'fulldomain is not a domain name.',
  forbidden: 'User, key, source address or subdomain are not those of an account.',
  forbidden_name: 'The name is in our zone and belongs to another account.',
  registration_unauthorized: 'Registration needs a token, or a user with password.',
  registration_forbidden: 'Registration is not allowed from this address.',
  not_found: 'Nothing is kept for this domain.',
  body_too_large: 'The body is too large.',
  rate_limited:
    'Too many registrations, or too many failed authentications, from this address. Retry-After says when to come again.',
  internal_error: 'A fault of the server; its log says more.',
  db_error: 'The database cannot be reached just now. Nothing was changed.',
  too_busy: 'Too much to do just now. Nothing was changed.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Those of `codes` only. */
export function errorAnswerOf(codes: readonly ErrorCode[]) {
  return z.object({
    error: z.enum(codes).describe(codes.map((code) => `${code}: ${errorCodes[code]}`).join(' ')),
    detail: z.string().optional().describe('For a person: what is wrong, and what to do.'),
  });
}
