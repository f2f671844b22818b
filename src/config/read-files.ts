import { readFile, stat } from 'node:fs/promises';
import type { DomainError } from '../core/error.ts';
import { fault, pathText } from './faults.ts';
import type { Locate } from './faults.ts';
import type { Tree } from './tree.ts';
import { valueAt } from './tree.ts';

type Content = 'certificates' | 'key' | 'secret';

/** The keys whose files are read with the configuration, so that a wrong one is found before anything starts. */
const FILES: Readonly<Record<string, Content>> = {
  'acme.root': 'certificates',
  'acme.external_account.hmac_key_file': 'secret',
  'database.password_file': 'secret',
  'dns01.acme_dns.root': 'certificates',
  'dns01.acme_dns.password_file': 'secret',
  'api.registration_tokens': 'secret',
  'api.registration_users': 'secret',
  'api.storage_users': 'secret',
  'api.tls_cert': 'certificates',
  'api.tls_key': 'key',
};

const PEM: Readonly<Record<Content, RegExp | undefined>> = {
  certificates: /-----BEGIN CERTIFICATE-----/,
  key: /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  secret: undefined,
};

export interface ReadFiles {
  readonly contents: ReadonlyMap<string, string>;
  readonly faults: readonly DomainError[];
  readonly warnings: readonly string[];
}

/** Reads the files that the settings name. `tree`: with absolute paths, otherwise as it was written. */
export async function readNamedFiles(tree: Tree, locate: Locate): Promise<ReadFiles> {
  const contents = new Map<string, string>();
  const faults: DomainError[] = [];
  const warnings: string[] = [];
  for (const [path, content] of Object.entries(FILES)) {
    const file = valueAt(tree, path);
    if (typeof file !== 'string' || file.trim() === '') continue;
    const where = locate(path.split('.'));
    try {
      const text = await readFile(file, 'utf8');
      if (PEM[content]?.test(text) === false) {
        const wanted = content === 'key' ? 'private key' : 'certificate';
        faults.push(
          fault(where, `${path} names ${file}, and there is no ${wanted} in PEM form in it; name another file`),
        );
      } else if (text.trim() === '') {
        faults.push(fault(where, `${path} names ${file}, which is empty; put the secret into it`));
      } else {
        contents.set(path, text);
      }
      if (content !== 'certificates' && ((await stat(file)).mode & 0o077) !== 0) {
        warnings.push(`${file} (${pathText(path.split('.'))}) can be read by other users; run: chmod 600 ${file}`);
      }
    } catch (error) {
      faults.push(fault(where, `${path} names ${file}, which cannot be read: ${reason(error)}`));
    }
  }
  return { contents, faults, warnings };
}

/** The reason in words, without the path that is in the sentence already. */
export function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'this user may not read it';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'ENOTDIR') return 'a part of the path is not a folder';
  if (code === 'ERR_INVALID_ARG_VALUE') return 'the name has a character that no file name can have';
  return typeof code === 'string' ? code : String(error);
}
