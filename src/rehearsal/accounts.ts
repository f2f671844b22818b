import { randomBytes } from 'node:crypto';
import type { CaContext } from './context.ts';
import { jsonAnswer, requirePayload } from './exchange.ts';
import type { AccountRequest, Answer, KeyRequest } from './exchange.ts';
import { checkExternalAccountBinding } from './external-account-binding.ts';
import { malformed, Refusal, unauthorized } from './problem.ts';
import type { Account } from './state.ts';

/** RFC 8555 section 7.3: creates the account, or finds it by its key. */
export function newAccount(ca: CaContext, request: KeyRequest): Answer {
  const payload = requirePayload(request);
  const existing = findAccountByKey(ca, request.key.thumbprint);
  if (existing !== undefined) {
    if (existing.status !== 'valid') throw unauthorized('the account of this key is deactivated');
    return accountAnswer(ca, existing, 200);
  }
  if (payload['onlyReturnExisting'] === true) {
    throw new Refusal({ type: 'accountDoesNotExist', detail: 'no account has this key', status: 400 });
  }
  if (payload['termsOfServiceAgreed'] !== true)
    throw malformed('"termsOfServiceAgreed" must be true to create an account');
  const contact = parseContact(payload['contact']);
  checkExternalAccountBinding(ca, payload['externalAccountBinding'], request);
  const account: Account = {
    id: randomBytes(8).toString('base64url'),
    key: request.key,
    status: 'valid',
    contact,
    orders: [],
  };
  ca.state.accounts.set(account.id, account);
  return accountAnswer(ca, account, 201);
}

/** RFC 8555 sections 7.3.2 (update) and 7.3.6 (deactivation); POST-as-GET reads. Fields that cannot be changed are ignored. */
export function updateAccount(ca: CaContext, request: AccountRequest): Answer {
  const { account, payload } = request;
  if (request.id !== account.id) throw unauthorized('an account can only be read and changed with its own key');
  if (payload === undefined) return accountAnswer(ca, account, 200);
  const { contact, status } = payload;
  if (contact !== undefined) account.contact = parseContact(contact);
  if (status === 'deactivated') account.status = 'deactivated';
  else if (status !== undefined && status !== account.status)
    throw malformed('"status" of an account can only be set to "deactivated"');
  return accountAnswer(ca, account, 200);
}

export function accountUrl(ca: CaContext, account: Account): string {
  return `${ca.base}/account/${account.id}`;
}

export function findAccountByKey(ca: CaContext, thumbprint: string): Account | undefined {
  return ca.state.accounts.values().find((account) => account.key.thumbprint === thumbprint);
}

function accountAnswer(ca: CaContext, account: Account, status: number): Answer {
  const url = accountUrl(ca, account);
  const { contact } = account;
  const json = { status: account.status, contact, termsOfServiceAgreed: true, orders: `${url}/orders` };
  return jsonAnswer(json, { status, headers: { location: url } });
}

function parseContact(contact: unknown): readonly string[] {
  if (contact === undefined) return [];
  if (!Array.isArray(contact)) throw malformed('"contact" is not a list');
  return contact.map((entry: unknown) => {
    if (typeof entry !== 'string') throw malformed('"contact" has an entry that is not a string');
    if (!entry.startsWith('mailto:')) {
      throw new Refusal({
        type: 'unsupportedContact',
        detail: `the contact "${entry}" is no mailto: URL`,
        status: 400,
      });
    }
    // One plain address: header fields and several recipients are refused (RFC 8555 section 7.3).
    if (!/^mailto:[^\s@,?]+@[^\s@,?]+\.[^\s@,?]+$/.test(entry)) {
      throw new Refusal({
        type: 'invalidContact',
        detail: `the contact "${entry}" is not one plain address`,
        status: 400,
      });
    }
    return entry;
  });
}
