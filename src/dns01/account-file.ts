import { z } from 'zod';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { readPrivateFile, writePrivateFile } from '../files/private-file.ts';

/** One account at an acme-dns server, in the form that its clients share. `password` is a secret. */
export interface AcmeDnsAccount {
  readonly fulldomain: string;
  readonly subdomain: string;
  readonly username: string;
  readonly password: string;
  /** Where it was registered; older clients did not write it. */
  readonly server_url?: string | undefined;
}

/**
 * The account file that acme-dns clients share: `{"<domain>": {fulldomain, subdomain, username, password, server_url}}`, 0600,
 * the domain without `*.`. It is read afresh each time, for a person or another client may have added an account meanwhile.
 */
export interface AcmeDnsAccountFile {
  readonly path: string;
  /** By exact domain, as every client of this format does. @throws DomainError `account-file-invalid`, `file-not-readable` */
  load(domain: DomainName): Promise<AcmeDnsAccount | undefined>;
  /** Durable when it resolves. Other entries and fields that are not ours stay as they are. @throws DomainError also `file-not-writable` */
  save(domain: DomainName, account: AcmeDnsAccount): Promise<void>;
  /** Every account by its domain as it is written there. @throws as load does */
  list(): Promise<ReadonlyMap<string, AcmeDnsAccount>>;
  /** Whether it was there. Durable when it resolves. @throws as save does */
  remove(domain: DomainName): Promise<boolean>;
}

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

type Entries = Map<string, unknown>;

export function openAccountFile(path: string): AcmeDnsAccountFile {
  let tail: Promise<unknown> = Promise.resolve();

  async function read(): Promise<Entries> {
    const text = await readPrivateFile(path);
    return text === undefined || text.trim() === '' ? new Map() : parseEntries(path, text);
  }

  /** Read, change and write as one: two domains that are changed at once must not lose each other's entry. */
  async function change<T>(work: (entries: Entries) => T): Promise<T> {
    const write = async (): Promise<T> => {
      const entries = await read();
      const done = work(entries);
      await writePrivateFile(path, `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`);
      return done;
    };
    const written = tail.then(write, write);
    tail = written.catch(() => {});
    return await written;
  }

  return {
    path,
    async load(domain) {
      const entries = await read();
      const key = keyOf(entries, domain);
      return key === undefined ? undefined : parseAccount(path, key, entries.get(key));
    },
    async save(domain, account) {
      await change((entries) => {
        const key = keyOf(entries, domain) ?? domain;
        const before = entries.get(key);
        entries.set(key, { ...(isObject(before) ? before : {}), ...account });
      });
    },
    async list() {
      return new Map([...(await read())].map(([key, value]) => [key, parseAccount(path, key, value)]));
    },
    remove: (domain) =>
      change((entries) => {
        const key = keyOf(entries, domain);
        return key !== undefined && entries.delete(key);
      }),
  };
}

/** Other clients keep the case a person typed, and some a trailing dot. */
function keyOf(entries: Entries, domain: DomainName): string | undefined {
  if (entries.has(domain)) return domain;
  return [...entries.keys()].find((key) => key.toLowerCase().replace(/\.$/, '') === domain);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseEntries(path: string, text: string): Entries {
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
    `the account file ${path} ${what}; mend it, or move it away to register anew`,
    {
      // The cause of a parse error would carry the text, and with it passwords.
      cause: cause === undefined ? undefined : 'JSON syntax error',
    },
  );
}
