import { z } from 'zod';
import type { AcmeClient } from './client.ts';
import { bindExternalAccount, decodeHmacKey } from './external-account.ts';
import type { ExternalAccountBinding } from './external-account.ts';
import type { HttpResponse } from './http.ts';
import { createSigningKey } from './jws.ts';
import { AcmeError } from './problem.ts';
import { badResponse, jsonOf, locationOf } from './response.ts';
import { createSession } from './session.ts';
import type { AcmeSession } from './session.ts';

export type { AcmeSession } from './session.ts';

/** RFC 8555 section 7.1.2. */
export interface Account {
  readonly status: 'valid' | 'deactivated' | 'revoked';
  readonly contact: readonly string[];
  /** Where the account's orders are listed; Let's Encrypt and others have no such list. */
  readonly ordersUrl: string | undefined;
}

export interface Registration {
  /** PEM of the account key: EC P-256 or P-384, or RSA. */
  readonly privateKey: string;
  /** mailto: URLs; a bare mail address is taken as one. */
  readonly contact?: readonly string[] | undefined;
  /** The person who runs this has agreed to the terms that the directory names. */
  readonly termsOfServiceAgreed: true;
  readonly externalAccountBinding?: ExternalAccountBinding | undefined;
  /** Fails with `acme-account-does-not-exist` instead of creating an account. */
  readonly onlyReturnExisting?: boolean | undefined;
}

/**
 * Creates the account of a key, or finds it when it exists: repeating is harmless (RFC 8555 section 7.3).
 * @throws AcmeError; without a request `acme-external-account-required`, `acme-invalid-external-account`, `acme-unsupported-key`
 */
export async function registerAccount(
  client: AcmeClient,
  registration: Registration,
  signal: AbortSignal,
): Promise<AcmeSession> {
  const { contact = [], externalAccountBinding, onlyReturnExisting = false } = registration;
  const key = createSigningKey(registration.privateKey);
  if (externalAccountBinding !== undefined) void decodeHmacKey(externalAccountBinding);
  const { meta } = await client.directory(signal);
  if (meta.externalAccountRequired && externalAccountBinding === undefined && !onlyReturnExisting) {
    throw bindingRequired(client.directoryUrl, meta.website);
  }
  const doing = onlyReturnExisting ? 'find the account' : 'register the account';
  const payload = (url: string): object => ({
    ...(onlyReturnExisting ? { onlyReturnExisting } : { termsOfServiceAgreed: true }),
    ...(contact.length === 0 || onlyReturnExisting ? {} : { contact: contact.map(contactUrl) }),
    ...(externalAccountBinding === undefined
      ? {}
      : { externalAccountBinding: bindExternalAccount(externalAccountBinding, key.jwk, url) }),
  });
  const request = { target: 'newAccount', signer: { key }, payload, doing } as const;
  const response = await client.post(request, signal).catch(onlyAPersonHelps);
  const url = locationOf(response, 'an account');
  // Some CAs answer with an empty body when the account exists; its URL is all that is needed.
  if (response.body.trim() !== '') refuseUnlessValid(parseAccount(response), client.directoryUrl);
  return createSession(client, key, url);
}

/** An account known from before. Makes no request. @throws DomainError `invalid-key`, AcmeError `acme-unsupported-key` */
export function openAccount(
  client: AcmeClient,
  account: { readonly privateKey: string; readonly url: string },
): AcmeSession {
  return createSession(client, createSigningKey(account.privateKey), account.url);
}

export async function getAccount(session: AcmeSession, signal: AbortSignal): Promise<Account> {
  return await postAccount(session, undefined, 'read the account', signal);
}

/** Replaces all contacts; an empty list removes them (RFC 8555 section 7.3.2). */
export async function updateContact(
  session: AcmeSession,
  contact: readonly string[],
  signal: AbortSignal,
): Promise<Account> {
  return await postAccount(session, { contact: contact.map(contactUrl) }, 'change the contact', signal);
}

/** For ever: neither the account nor its key can be used again (RFC 8555 section 7.3.6). */
export async function deactivateAccount(session: AcmeSession, signal: AbortSignal): Promise<Account> {
  return await postAccount(session, { status: 'deactivated' }, 'deactivate the account', signal);
}

async function postAccount(
  session: AcmeSession,
  payload: object | undefined,
  doing: string,
  signal: AbortSignal,
): Promise<Account> {
  return parseAccount(await session.post({ target: { url: session.accountUrl }, payload, doing }, signal));
}

const accountDocument = z.object({
  status: z.enum(['valid', 'deactivated', 'revoked']),
  contact: z.array(z.string()).nullish().catch(undefined),
  orders: z.string().nullish().catch(undefined),
});

function parseAccount(response: HttpResponse): Account {
  const parsed = accountDocument.safeParse(jsonOf(response, 'an account'));
  if (!parsed.success) throw badResponse(response.url, 'an account', 'it has no known status');
  const { status, contact, orders } = parsed.data;
  const hasOrders = typeof orders === 'string' && URL.canParse(orders, response.url);
  return { status, contact: contact ?? [], ordersUrl: hasOrders ? new URL(orders, response.url).href : undefined };
}

function refuseUnlessValid(account: Account, directoryUrl: string): void {
  if (account.status === 'valid') return;
  const { host } = new URL(directoryUrl);
  const message = `the account at ${host} is ${account.status} and cannot be used again; remove its key to register a new one`;
  throw new AcmeError('acme-unauthorized', message, { retry: { kind: 'never' } });
}

/** At newAccount `unauthorized` means a deactivated account or a wrong external account; elsewhere a new order may help. */
function onlyAPersonHelps(error: unknown): never {
  if (!(error instanceof AcmeError) || error.code !== 'acme-unauthorized') throw error;
  const { code, message, status, problem, visit } = error;
  throw new AcmeError(code, message, { retry: { kind: 'never' }, status, problem, visit, cause: error });
}

function bindingRequired(directoryUrl: string, website: string | undefined): AcmeError {
  const { host } = new URL(directoryUrl);
  const where = website === undefined ? "the CA's website" : website;
  return new AcmeError(
    'acme-external-account-required',
    `the CA at ${host} takes only accounts of its customers: give the key identifier and HMAC key from ${where} (external account binding)`,
    { retry: { kind: 'never' } },
  );
}

function contactUrl(contact: string): string {
  return contact.includes(':') ? contact : `mailto:${contact}`;
}
