import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';
import { DomainError, messageOf } from '../core/error.ts';
import type { TlsMaterial } from '../http/listener.ts';

/** PEM files: the chain, leaf first, and the key of the leaf. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** How often it is looked whether the files have changed, in ms: two calls of stat. */
const LOOK_EVERY = 1000;
/** Files that do not belong together for so long, in ms, are not just being replaced, one after the other. */
const PATIENCE = 10_000;

/** The pair, seen to belong together. @throws DomainError `file-not-readable`, `invalid-certificate` */
export async function readTlsFiles({ certificateFile, keyFile }: TlsFiles): Promise<TlsMaterial> {
  const [cert, key] = await Promise.all([readOne(certificateFile), readOne(keyFile)]);
  const where = `${certificateFile} and ${keyFile}`;
  let isPair: boolean;
  try {
    isPair = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    // What OpenSSL says of a key does not hold it, but of what it says nothing is promised.
    const message = `${where} are no certificate and private key in PEM form without a passphrase`;
    throw new DomainError('invalid-certificate', message, { cause: error });
  }
  if (isPair) return { cert, key };
  throw new DomainError(
    'invalid-certificate',
    `the key in ${keyFile} is not that of the certificate in ${certificateFile}`,
  );
}

export interface FollowOptions {
  readonly clock: Clock;
  /** Told of each good pair that was put into the files. */
  readonly onNew: (material: TlsMaterial) => void;
  /** Told once of files that stay bad; what was good before stays in use. */
  readonly onFault: (error: unknown) => void;
}

/** Looks at the files until the signal aborts. `before` is what is in use. */
export async function followTlsFiles(
  files: TlsFiles,
  before: TlsMaterial,
  { clock, onNew, onFault }: FollowOptions,
  signal: AbortSignal,
): Promise<void> {
  let used = before;
  let seen = '';
  let badSince: number | undefined;
  for (;;) {
    await clock.sleep(LOOK_EVERY, signal);
    const state = await stateOf(files);
    if (state === seen && badSince === undefined) continue;
    try {
      const found = await readTlsFiles(files);
      if (found.cert !== used.cert || found.key !== used.key) onNew((used = found));
      seen = state;
      badSince = undefined;
    } catch (error) {
      badSince ??= clock.now();
      if (clock.now() - badSince < PATIENCE) continue;
      onFault(error);
      // Not looked at again before they change.
      seen = state;
      badSince = undefined;
    }
  }
}

async function readOne(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new DomainError('file-not-readable', `the TLS file of the API ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Changes when a file is written, replaced, or reached through a link that was turned. */
async function stateOf({ certificateFile, keyFile }: TlsFiles): Promise<string> {
  const states = [certificateFile, keyFile].map(async (file) => {
    const found = await stat(file).catch(() => undefined);
    return found === undefined ? 'none' : `${found.dev}:${found.ino}:${found.mtimeMs}:${found.size}`;
  });
  return (await Promise.all(states)).join(' ');
}
