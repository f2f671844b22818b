import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../core/error.ts';
import { checkIssued, parseChain } from '../pki/chain.ts';

/**
 * Reads the files as a web server would and checks them: key, names, validity, signatures, and that the chain leads to `root` when one is
 * given (PEM). Returns what was found to be right, in words. @throws DomainError `certificate-mismatch`
 */
export async function verifyDelivered(
  folder: string,
  names: readonly string[],
  root: string | undefined,
  now: number,
): Promise<string> {
  const [chain, privateKey] = await Promise.all([
    readFile(join(folder, 'fullchain.pem'), 'utf8'),
    readFile(join(folder, 'privkey.pem'), 'utf8'),
  ]);
  checkIssued({ chain, privateKey, names, now });
  if (root === undefined) return 'key, names, validity and chain are right';
  const last = parseChain(chain).at(-1);
  const [anchor] = parseChain(root);
  if (last === undefined || anchor === undefined || !last.x509.verify(anchor.publicKey)) {
    throw new DomainError('certificate-mismatch', 'the chain does not lead to the root of the CA');
  }
  return "key, names, validity and chain are right, up to the CA's root";
}
