import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import { DomainError, messageOf } from '../core/error.ts';
import { ensurePrivateFolder, readPrivateFile, writePrivateFile } from '../files/private-file.ts';
import { findDamage, snapshotDatabase } from '../store/snapshot.ts';
import { loadSource } from './config-source.ts';
import type { ConfigSource } from './config-source.ts';
import { version } from './version.ts';

/** What a backup says of itself, in its file `backup.json`, written last: without it the backup was not finished. */
interface Manifest {
  readonly evercert: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

const MANIFEST = 'backup.json';
const DATABASE = 'evercert.db';
/** One of these tells a data folder from any other. */
const OURS = new Set([DATABASE, 'accounts', 'certificates']);
/** The database comes as a snapshot; who works on what is of no use elsewhere. */
const NOT_COPIED = new Set([DATABASE, `${DATABASE}-wal`, `${DATABASE}-shm`, 'locks']);

/** What else has to be kept beside a backup: a database that is not in the data folder. */
export type Elsewhere = 'file-of-acme-dns' | 'postgres' | undefined;

/**
 * `evercert backup`: all of the data folder as it is now, in a new folder, also while `serve` runs. All of it or nothing.
 * @throws DomainError `invalid-backup` when `target` is there already, or there is nothing to back up
 */
export async function backUp(source: ConfigSource, target: string, clock: Clock): Promise<{ elsewhere: Elsewhere }> {
  const { config } = await loadSource(source);
  const { data } = config;
  const inside: string[] = await readdir(data).catch(() => []);
  if (!inside.some((name) => OURS.has(name))) {
    throw new DomainError('invalid-backup', `${data} is no data folder of evercert; name it by --config or --data`);
  }
  await inNewFolder(target, async (folder) => {
    // First: a certificate that is delivered meanwhile is then there twice, and not at all otherwise.
    if (inside.includes(DATABASE)) snapshotDatabase(join(data, DATABASE), join(folder, DATABASE));
    await copyFiles(data, folder, NOT_COPIED);
    const manifest: Manifest = { evercert: version(), createdAt: new Date(clock.now()).toISOString() };
    await writePrivateFile(join(folder, MANIFEST), `${JSON.stringify(manifest)}\n`);
  });
  return { elsewhere: elsewhere(config) };
}

function elsewhere({ acmeDnsDatabase, database }: Pick<Config, 'acmeDnsDatabase' | 'database'>): Elsewhere {
  if (acmeDnsDatabase?.engine === 'sqlite') return 'file-of-acme-dns';
  return (acmeDnsDatabase ?? database) === undefined ? undefined : 'postgres';
}

/**
 * `evercert restore`: a backup becomes the data folder. That must be empty or not there: nothing is ever written over.
 * @throws DomainError `invalid-backup`
 */
export async function restore(source: ConfigSource, backup: string): Promise<{ data: string; createdAt: string }> {
  const { config } = await loadSource(source);
  const manifest = await readManifest(backup);
  const database = join(backup, DATABASE);
  const damage = existsSync(database) ? findDamage(database) : undefined;
  if (damage !== undefined) {
    throw new DomainError('invalid-backup', `the database in ${backup} is damaged: ${damage}; take another backup`);
  }
  await inNewFolder(config.data, (folder) => copyFiles(backup, folder, new Set([MANIFEST])));
  return { data: config.data, createdAt: manifest.createdAt };
}

async function readManifest(backup: string): Promise<Manifest> {
  const text = await readPrivateFile(join(backup, MANIFEST));
  try {
    const { evercert, createdAt } = JSON.parse(text ?? '') as Partial<Record<keyof Manifest, unknown>>;
    if (typeof evercert === 'string' && typeof createdAt === 'string') return { evercert, createdAt };
  } catch {
    // As below.
  }
  throw new DomainError(
    'invalid-backup',
    `${backup} is no backup that "evercert backup" has finished: it has no readable ${MANIFEST}`,
  );
}

/** Fills a folder beside `target` and puts it there when all is in it. */
async function inNewFolder(target: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const place = resolve(target);
  const inside = await readdir(place).catch(() => []);
  if (inside.length > 0) {
    throw new DomainError(
      'invalid-backup',
      `${place} is there already and is not empty; name a new folder, or move it away`,
    );
  }
  await ensurePrivateFolder(dirname(place));
  const folder = join(dirname(place), `.${basename(place)}.${randomBytes(6).toString('hex')}`);
  await ensurePrivateFolder(folder);
  try {
    await fill(folder);
    await rename(folder, place);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Files and links as they are, with their modes. */
async function copyFiles(from: string, to: string, without: ReadonlySet<string>): Promise<void> {
  try {
    for (const name of await readdir(from)) {
      if (without.has(name)) continue;
      await cp(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    }
  } catch (error) {
    throw new DomainError('file-not-writable', `${from} cannot be copied to ${to}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
