import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DomainError, messageOf } from '../core/error.ts';
import { writeFault } from './file-fault.ts';

/** Creates the folder and its missing parents, 0700. @throws DomainError `file-not-writable` */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritable(folder, error);
  }
}

/**
 * Writes 0600, atomically and durably: a reader sees the old content or the new, also after a crash at any line.
 * @throws DomainError `file-not-writable`
 */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  await ensurePrivateFolder(folder);
  const temporary = join(folder, `.${randomBytes(8).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw notWritable(path, error);
  }
}

/** A rename is durable only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The text, or undefined when there is no such file. @throws DomainError `file-not-readable` */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new DomainError('file-not-readable', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function notWritable(path: string, error: unknown): DomainError {
  const hint = 'make the folder writable for this user, or name another';
  return new DomainError('file-not-writable', `${path} cannot be written: ${writeFault(error)}; ${hint}`, {
    cause: error,
  });
}
