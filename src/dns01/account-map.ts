import { z } from 'zod';
import { parentOf } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';

/** One account at an acme-dns server, in the form that its clients share. `password` is a secret. */
export interface AcmeDnsAccount {
  readonly fulldomain: string;
  readonly subdomain: string;
  readonly username: string;
  readonly password: string;
  /** Where it was registered; older clients did not write it. */
  readonly server_url?: string | undefined;
}

/** Where accounts are kept. */
export interface AcmeDnsAccounts {
  /** For people: which file or Secret it is. */
  readonly path: string;
  /** @throws DomainError `account-file-invalid`, `file-not-readable` */
  load(domain: DomainName): Promise<AcmeDnsAccount | undefined>;
  /** Durable when it resolves. Other entries and fields that are not ours stay as they are. @throws DomainError also `file-not-writable` */
  save(domain: DomainName, account: AcmeDnsAccount): Promise<void>;
}

/** The content of an account file: by domain without `*.`, each entry as it was found. */
export type AccountMap = Map<string, unknown>;

const field = z.string('is missing or is not text').min(1, 'is empty');
const accountSchema = z.looseObject(
  {
    fulldomain: field,
    subdomain: field,
    username: field,
    password: field,
    server_url: z.string('is not text').optional(),
  },
  'is not an object',
);

/** `path` is for the message, and says what it is when it is no file, which never shows any of the text. @throws DomainError `account-file-invalid` */
export function parseAccountMap(path: string, text: string | undefined): AccountMap {
  if (text === undefined || text.trim() === '') return new Map();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The parser's own message is not used: it quotes the text, and the text holds passwords.
    throw invalid(path, `is not JSON${placeOf(text, error)}`, error);
  }
  if (!isObject(value)) throw invalid(path, 'is not a JSON object of the form {"example.org": {"fulldomain": ...}}');
  return new Map(Object.entries(value));
}

/** By exact domain, as every client of this format does. @throws DomainError `account-file-invalid` */
export function accountIn(path: string, entries: AccountMap, domain: DomainName): AcmeDnsAccount | undefined {
  const key = keyOf(entries, domain);
  return key === undefined ? undefined : parseAccount(path, key, entries.get(key));
}

/** Every account by its domain as it is written there. @throws DomainError `account-file-invalid` */
export function accountsIn(path: string, entries: AccountMap): ReadonlyMap<string, AcmeDnsAccount> {
  return new Map([...entries].map(([key, value]) => [key, parseAccount(path, key, value)]));
}

/** The account of the domain, or else of the nearest domain above it: many have one for all names below. */
export function accountAtOrAbove(path: string, entries: AccountMap, domain: DomainName): AcmeDnsAccount | undefined {
  for (let name: DomainName | undefined = domain; name !== undefined; name = parentOf(name)) {
    const account = accountIn(path, entries, name);
    if (account !== undefined) return account;
  }
  return undefined;
}

/** The text with this entry; all else stays as it was. */
export function withAccount(entries: AccountMap, domain: DomainName, account: AcmeDnsAccount): string {
  const key = keyOf(entries, domain) ?? domain;
  const before = entries.get(key);
  entries.set(key, { ...(isObject(before) ? before : {}), ...account });
  return textOf(entries);
}

/** The text without this entry, or undefined when it is not there. */
export function withoutAccount(entries: AccountMap, domain: DomainName): string | undefined {
  const key = keyOf(entries, domain);
  if (key === undefined) return undefined;
  entries.delete(key);
  return textOf(entries);
}

function textOf(entries: AccountMap): string {
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}

/** Other clients keep the case a person typed, and some a trailing dot. */
function keyOf(entries: AccountMap, domain: DomainName): string | undefined {
  if (entries.has(domain)) return domain;
  return [...entries.keys()].find((key) => key.toLowerCase().replace(/\.$/, '') === domain);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseAccount(path: string, key: string, value: unknown): AcmeDnsAccount {
  const parsed = accountSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      (issue) => `${[key, ...issue.path.map(String)].join(' > ')} ${issue.message}`,
    );
    throw invalid(path, `has an account that cannot be used: ${faults.join('; ')}`);
  }
  const { fulldomain, subdomain, username, password, server_url } = parsed.data;
  return { fulldomain, subdomain, username, password, server_url };
}

function placeOf(text: string, error: unknown): string {
  const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  const before = position === undefined ? text : text.slice(0, Number(position));
  const lines = before.split('\n');
  return ` (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`;
}

function invalid(path: string, what: string, cause?: unknown): DomainError {
  return new DomainError(
    'account-file-invalid',
    `${path.startsWith('the ') ? path : `the account file ${path}`} ${what}; mend it, or move it away to register anew`,
    {
      // The cause of a parse error would carry the text, and with it passwords.
      cause: cause === undefined ? undefined : 'JSON syntax error',
    },
  );
}
