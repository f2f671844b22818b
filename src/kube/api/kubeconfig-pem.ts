import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '../../core/error.ts';
import type { KubeconfigEntry } from './kubeconfig-entries.ts';
import { kubeconfigFault } from './kubeconfig-fault.ts';

export function kubeconfigRoots(cluster: KubeconfigEntry<object>): Promise<string | undefined> {
  return kubeconfigPem(cluster, 'certificate-authority-data', 'certificate-authority');
}

/** Base64 in the file holds before the name of another file (as with kubectl). */
export async function kubeconfigPem(
  entry: KubeconfigEntry<object> | undefined,
  inline: string,
  file: string,
): Promise<string | undefined> {
  const fields = (entry?.value ?? {}) as Record<string, unknown>;
  const data = fields[inline];
  if (typeof data === 'string' && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  const name = fields[file];
  if (entry === undefined || typeof name !== 'string' || name === '') return undefined;
  const path = resolve(entry.folder, name);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw kubeconfigFault(`${path}, which the kubeconfig names, cannot be read: ${messageOf(error)}`, error);
  }
}
