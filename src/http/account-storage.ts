import type { Bcrypt } from '../acmedns/bcrypt.ts';
import { type DomainName, parseDomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { folded } from './account-body.ts';
import { BASIC_CHALLENGE, basicCredentials } from './authorization.ts';
import { type Answer, type Call, explainedRefusal, type Handler, refusal, success } from './call.ts';
import { type CallLimits, tryGuess } from './call-limits.ts';
import { readJsonObject } from './json-members.ts';
import type { KeptAccount } from './shapes.ts';
import { createCheckPassword, type UserPasswords } from './user-passwords.ts';

/**
 * Accounts that are kept for clients, those of each user apart, by their domains.
 * Conformance: test/conformance/account-keeper.ts
 */
export interface AccountKeeper {
  list(user: string): Promise<Readonly<Record<string, KeptAccount>>>;
  fetch(user: string, domain: DomainName): Promise<KeptAccount | undefined>;
  /** Durable when it resolves. */
  put(user: string, domain: DomainName, account: KeptAccount): Promise<void>;
  /** Whether it was there. Durable when it resolves. */
  remove(user: string, domain: DomainName): Promise<boolean>;
}

export interface AccountStorageOptions {
  /** Who may use it. */
  readonly users: UserPasswords;
  readonly keeper: AccountKeeper;
  /** Whether the CNAME of a domain leads to `target` already. Takes a few seconds at most; false where that cannot be seen. */
  readonly isDelegated: (domain: DomainName, target: DomainName) => Promise<boolean>;
}

export interface AccountStorage {
  readonly list: Handler;
  readonly fetch: Handler;
  readonly put: Handler;
  readonly remove: Handler;
}

/**
 * lego's HTTP storage of acme-dns accounts (ACME_DNS_STORAGE_BASE_URL): the accounts of many machines in one place. It answers
 * 201 to an account whose CNAME is there already, and the client goes on; and 200 where the client has to ask for it.
 */
export function createAccountStorage(
  { users, keeper, isDelegated }: AccountStorageOptions,
  limits: CallLimits,
  bcrypt: Pick<Bcrypt, 'compare'>,
): AccountStorage {
  const check = createCheckPassword(users, bcrypt);

  function authenticated(act: (user: string, call: Call) => Promise<Answer>): Handler {
    return async (call) => {
      const unauthorized = refusal(401, 'forbidden', { headers: BASIC_CHALLENGE });
      const basic = basicCredentials(call.headers);
      if (basic === undefined) return unauthorized;
      const found = await tryGuess(call, limits, () => check(basic.user, basic.password));
      if (found === 'right') return act(basic.user, call);
      return found === 'wrong' ? unauthorized : found;
    };
  }

  function ofDomain(act: (user: string, domain: DomainName, call: Call) => Promise<Answer>): Handler {
    return authenticated(async (user, call) => {
      const domain = domainIn(call.path);
      if (domain === undefined) return explainedRefusal(400, 'bad_domain', 'the end of the path is not a domain name');
      return { about: { username: user, domain }, ...(await act(user, domain, call)) };
    });
  }

  return {
    list: authenticated(async (user) => {
      const accounts = await keeper.list(user);
      return success(200, JSON.stringify(accounts), { username: user });
    }),
    fetch: ofDomain(async (user, domain) => {
      const account = await keeper.fetch(user, domain);
      return account === undefined ? refusal(404, 'not_found') : kept(200, account);
    }),
    put: ofDomain(async (user, domain, call) => {
      const account = readKeptAccount(call.body);
      if (account === undefined) return refusal(400, 'malformed_json_payload');
      const target = domainName(account.fulldomain);
      if (target === undefined) return explainedRefusal(400, 'bad_fulldomain', 'fulldomain is not a domain name');
      await keeper.put(user, domain, account);
      return kept((await isDelegated(domain, target)) ? 201 : 200, account);
    }),
    remove: ofDomain(async (user, domain) => {
      const removed = await keeper.remove(user, domain);
      return removed ? { status: 200, result: 'success', body: '{}' } : refusal(404, 'not_found');
    }),
  };
}

function kept(status: number, account: KeptAccount): Answer {
  return { status, result: 'success', body: JSON.stringify(account) };
}

/** `/storage/example.org`; lego leaves out `*.`, others do not. */
function domainIn(path: string): DomainName | undefined {
  const text = path.slice(path.lastIndexOf('/') + 1);
  try {
    return domainName(decodeURIComponent(text).replace(/^\*\./, ''));
  } catch {
    return undefined;
  }
}

function domainName(text: string): DomainName | undefined {
  try {
    return parseDomainName(text);
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

const FIELDS = ['fulldomain', 'subdomain', 'username', 'password'] as const;

function readKeptAccount(text: string): KeptAccount | undefined {
  const read = new Map<string, unknown>();
  for (const [name, value] of readJsonObject(text)?.members ?? []) read.set(folded(name), value);
  const texts = FIELDS.map((field) => read.get(field));
  if (!texts.every((value) => typeof value === 'string' && value !== '')) return undefined;
  const [fulldomain = '', subdomain = '', username = '', password = ''] = texts as string[];
  const url = read.get('server_url');
  return { fulldomain, subdomain, username, password, ...(typeof url === 'string' && { server_url: url }) };
}
