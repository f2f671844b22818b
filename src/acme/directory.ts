import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { isAllowed } from './directory-url.ts';
import type { HttpResponse, Transport } from './http.ts';
import { AcmeError, printable } from './problem.ts';
import { errorOfResponse } from './refusal.ts';
import { badResponse } from './response.ts';

export type Resource = 'newNonce' | 'newAccount' | 'newOrder' | 'newAuthz' | 'revokeCert' | 'keyChange' | 'renewalInfo';

export interface DirectoryMeta {
  readonly termsOfService?: string;
  readonly website?: string;
  readonly caaIdentities: readonly string[];
  readonly externalAccountRequired: boolean;
  /** Names and descriptions; empty when the CA has no profiles. */
  readonly profiles: ReadonlyMap<string, string>;
}

/** RFC 8555 section 7.1.1. Extra members and wrong types in optional ones are tolerated. */
export interface Directory {
  readonly urls: Readonly<Partial<Record<Resource, string>>> & {
    readonly newNonce: string;
    readonly newAccount: string;
    readonly newOrder: string;
  };
  readonly meta: DirectoryMeta;
}

export interface DirectoryCache {
  read(signal: AbortSignal): Promise<Directory>;
  /** Reads it again unless that was done after `than` was read. */
  readNewer(than: Directory, signal: AbortSignal): Promise<Directory>;
}

const LONGEST_KEPT = 12 * 3_600_000;
const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

const url = z.url();
const optionalUrl = url.optional().catch(undefined);
const document = z.object({
  newNonce: url,
  newAccount: url,
  newOrder: url,
  newAuthz: optionalUrl,
  revokeCert: optionalUrl,
  keyChange: optionalUrl,
  renewalInfo: optionalUrl,
  meta: z
    .object({
      termsOfService: z.string().optional().catch(undefined),
      website: z.string().optional().catch(undefined),
      caaIdentities: z.array(z.string()).catch([]),
      externalAccountRequired: z.boolean().catch(false),
      profiles: z.record(z.string(), z.unknown()).catch({}),
    })
    .catch({ caaIdentities: [], externalAccountRequired: false, profiles: {} }),
});

/** `life` ends the reading itself; a caller's signal ends only that caller's waiting, since several may share one reading. */
export function createDirectoryCache(
  directoryUrl: string,
  transport: Transport,
  clock: Clock,
  life: AbortSignal,
): DirectoryCache {
  let kept: { readonly directory: Directory; readonly at: number } | undefined;
  let reading: Promise<Directory> | undefined;

  async function readAgain(): Promise<Directory> {
    try {
      const directory = parseDirectory(await fetchDirectory(directoryUrl, transport, life), directoryUrl);
      kept = { directory, at: clock.now() };
      return directory;
    } finally {
      reading = undefined;
    }
  }

  return {
    async read(signal) {
      // Before the reading begins: one that nobody waits for would fail with nobody to hear it.
      signal.throwIfAborted();
      if (kept !== undefined && clock.now() - kept.at < LONGEST_KEPT) return kept.directory;
      return await abortable((reading ??= readAgain()), signal);
    },
    async readNewer(than, signal) {
      signal.throwIfAborted();
      if (kept !== undefined && kept.directory !== than) return kept.directory;
      return await abortable((reading ??= readAgain()), signal);
    },
  };
}

async function fetchDirectory(start: string, transport: Transport, signal: AbortSignal): Promise<HttpResponse> {
  let at = start;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
    const response = await transport.send(
      { method: 'GET', url: at, headers: { accept: 'application/json' }, doing: 'read the directory' },
      signal,
    );
    const location = response.headers.get('location');
    if (!REDIRECTS.has(response.status) || location === undefined) return response;
    if (!URL.canParse(location, at)) break;
    const next = new URL(location, at);
    // A redirect must not lead from TLS to plain HTTP.
    if (next.protocol !== new URL(start).protocol && next.protocol !== 'https:') break;
    at = next.href;
  }
  throw notADirectory(start, 'its redirects lead nowhere');
}

function parseDirectory(response: HttpResponse, directoryUrl: string): Directory {
  if (response.status >= 500 || response.status === 429) throw errorOfResponse(response, 'give its directory');
  if (response.status !== 200) throw notADirectory(directoryUrl, `it answers HTTP ${response.status}`);
  let json: unknown;
  try {
    json = JSON.parse(response.body);
  } catch (error) {
    const type = printable(response.headers.get('content-type') ?? 'something');
    throw notADirectory(directoryUrl, `it answers with ${type} that is not JSON`, error);
  }
  const parsed = document.safeParse(json);
  if (!parsed.success) {
    const members = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0] ?? 'the whole')))];
    throw notADirectory(directoryUrl, `it has no usable ${members.join(', ')}`);
  }
  const { meta, ...urls } = parsed.data;
  return {
    urls: secure(urls, directoryUrl),
    meta: {
      ...(meta.termsOfService === undefined ? {} : { termsOfService: printable(meta.termsOfService) }),
      ...(meta.website === undefined ? {} : { website: printable(meta.website) }),
      caaIdentities: meta.caaIdentities,
      externalAccountRequired: meta.externalAccountRequired,
      profiles: new Map(Object.entries(meta.profiles).map(([name, text]) => [name, printable(String(text))])),
    },
  };
}

function secure(found: Record<string, string | undefined>, directoryUrl: string): Directory['urls'] {
  const urls = Object.fromEntries(Object.entries(found).filter((entry) => entry[1] !== undefined));
  for (const [name, target] of Object.entries(urls)) {
    if (target !== undefined && !isAllowed(target, directoryUrl)) {
      throw badResponse(directoryUrl, 'a directory', `its ${name} is not an https:// URL`);
    }
  }
  return urls as Directory['urls'];
}

function notADirectory(directoryUrl: string, why: string, cause?: unknown): AcmeError {
  const message =
    `${directoryUrl} is not the directory of an ACME CA: ${why}; ` +
    `look the URL up in the CA's documents (Let's Encrypt: https://acme-v02.api.letsencrypt.org/directory)`;
  return new AcmeError('acme-not-a-directory', message, { retry: { kind: 'backoff' }, cause });
}

/** Waits for `work` no longer than the signal lets. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
