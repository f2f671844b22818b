import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError, messageOf } from '../core/error.ts';
import { ensurePrivateFolder, readPrivateFile, writePrivateFile } from '../files/private-file.ts';
import type { Delivery, IssuedCertificate } from '../issuance/ports.ts';
import { parseChain } from '../pki/chain.ts';

/** How many earlier versions stay beside the current one. */
const KEPT_VERSIONS = 3;

/**
 * Certificates as files, in one folder each:
 *
 *     privkey.pem fullchain.pem cert.pem chain.pem combined.pem   links into current/, for servers to be pointed at
 *     current -> versions/<serial>                                one link: swapping it swaps all files at once
 *     versions/<serial>/                                          0700, files 0600
 *
 * `folderOf` says where the folder of a certificate is.
 */
export function createCertificateFiles(folderOf: (certificateId: string) => string): Delivery {
  return {
    async deliver(issued) {
      const folder = folderOf(issued.certificate.id);
      const files = filesOf(issued);
      const version = join('versions', files.serial);
      const names = Object.keys(files.content);
      await Promise.all(
        Object.entries(files.content).map(([name, content]) => writePrivateFile(join(folder, version, name), content)),
      );
      // Only now, with all of them durable, does a reader see any of them.
      await link(folder, 'current', version);
      await Promise.all(names.map((name) => link(folder, name, join('current', name))));
      await removeOldVersions(join(folder, 'versions'), files.serial);
      return names.map((name) => join(folder, name));
    },

    async current(certificateId) {
      const chain = await readPrivateFile(join(folderOf(certificateId), 'fullchain.pem'));
      if (chain === undefined) return undefined;
      try {
        const [leaf] = parseChain(chain);
        if (leaf === undefined) return undefined;
        const { names, serial, issuer, notBefore, notAfter } = leaf;
        return { chain, facts: { names: names as CertificateFactsNames, serial, issuer, notBefore, notAfter } };
      } catch {
        // What cannot be read as a certificate is as good as none: it will be issued again and replaced.
        return undefined;
      }
    },
  };
}

type CertificateFactsNames = NonNullable<Awaited<ReturnType<Delivery['current']>>>['facts']['names'];

function filesOf(issued: IssuedCertificate): { serial: string; content: Record<string, string> } {
  const chain = parseChain(issued.chain);
  const [leaf, ...issuers] = chain.map((certificate) => certificate.pem.trim());
  const serial = chain[0]?.serial;
  if (leaf === undefined || serial === undefined) {
    throw new DomainError(
      'invalid-certificate',
      `the chain issued for ${issued.certificate.id} has no certificate in it`,
    );
  }
  const key = issued.privateKey.trim();
  const content = {
    'privkey.pem': `${key}\n`,
    'cert.pem': `${leaf}\n`,
    'chain.pem': issuers.map((issuer) => `${issuer}\n`).join(''),
    'fullchain.pem': [leaf, ...issuers].map((certificate) => `${certificate}\n`).join(''),
    'combined.pem': [key, leaf, ...issuers].map((part) => `${part}\n`).join(''),
  };
  return { serial, content };
}

/** Makes or replaces a symbolic link in one step. */
async function link(folder: string, name: string, target: string): Promise<void> {
  const temporary = join(folder, `.${name}.${process.pid}.new`);
  try {
    await ensurePrivateFolder(folder);
    await rm(temporary, { force: true });
    await symlink(target, temporary);
    await rename(temporary, join(folder, name));
  } catch (error) {
    const message = `${join(folder, name)} cannot be replaced: ${messageOf(error)}; make the folder writable for this user`;
    throw new DomainError('file-not-writable', message, { cause: error });
  }
}

async function removeOldVersions(folder: string, current: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const entries = await readdir(folder, { withFileTypes: true });
  const old = entries.filter((entry) => entry.isDirectory() && entry.name !== current);
  if (old.length < KEPT_VERSIONS) return;
  const { stat } = await import('node:fs/promises');
  const aged = await Promise.all(
    old.map(async (entry) => ({ name: entry.name, time: (await stat(join(folder, entry.name))).mtimeMs })),
  );
  aged.sort((a, b) => b.time - a.time);
  for (const { name } of aged.slice(KEPT_VERSIONS)) await rm(join(folder, name), { recursive: true, force: true });
}
