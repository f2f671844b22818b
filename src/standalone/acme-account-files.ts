import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DomainError } from '../core/error.ts';
import { readPrivateFile, writePrivateFile } from '../files/private-file.ts';
import type { AcmeAccount, AcmeAccountStore } from '../issuance/ports.ts';

/** ACME accounts as one 0600 JSON file per CA: `{ directory, url, privateKey }`. Key and URL are replaced together. */
export function createAcmeAccountFiles(folder: string): AcmeAccountStore {
  const fileOf = (ca: string) => join(folder, `${folderNameOf(ca)}.json`);
  return {
    async loadAccount(ca) {
      const file = fileOf(ca);
      const text = await readPrivateFile(file);
      return text === undefined ? undefined : parseAccount(text, file);
    },
    async saveAccount(ca, account) {
      const content = { directory: ca, url: account.url ?? null, privateKey: account.privateKey };
      await writePrivateFile(fileOf(ca), `${JSON.stringify(content, null, 2)}\n`);
    },
  };
}

/** The CA's host, readable, and a hash of the whole URL, since one host may have several directories. */
function folderNameOf(ca: string): string {
  const host = URL.parse(ca)?.host.replaceAll(/[^a-z0-9.-]/g, '_') ?? 'ca';
  return `${host}-${createHash('sha256').update(ca).digest('hex').slice(0, 8)}`;
}

function parseAccount(text: string, file: string): AcmeAccount {
  const content = parseJson(text);
  if (typeof content === 'object' && content !== null && 'privateKey' in content && 'url' in content) {
    const { privateKey, url } = content;
    if (typeof privateKey === 'string' && (url === null || typeof url === 'string')) {
      return { privateKey, url: url ?? undefined };
    }
  }
  const hint = 'put the file back from a backup, or move it away to register a new account';
  throw new DomainError('account-file-invalid', `${file} is not an account file of evercert; ${hint}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
