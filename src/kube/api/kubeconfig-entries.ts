import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../../core/error.ts';
import { kubeconfigFault } from './kubeconfig-fault.ts';

const clusterSchema = z.looseObject({
  server: z.string(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.string().optional(),
  'disable-compression': z.boolean().optional(),
  extensions: z.array(z.looseObject({ name: z.string(), extension: z.unknown() })).nullish(),
});

const userSchema = z.looseObject({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
});

const contextSchema = z.looseObject({
  cluster: z.string(),
  user: z.string().optional(),
  namespace: z.string().optional(),
});

const named = <T extends z.ZodType>(key: string, schema: T) =>
  z.array(z.looseObject({ name: z.string(), [key]: schema.nullish() })).nullish();

const fileSchema = z.looseObject({
  'current-context': z.string().nullish(),
  clusters: named('cluster', clusterSchema),
  users: named('user', userSchema),
  contexts: named('context', contextSchema),
});

export interface KubeconfigEntry<T> {
  readonly value: T;
  /** File names in it are relative to this. */
  readonly folder: string;
}

export type ClusterEntry = KubeconfigEntry<z.infer<typeof clusterSchema>>;
export type UserEntry = KubeconfigEntry<z.infer<typeof userSchema>>;

/** What several files say together: of two entries of one name the first holds. */
export interface KubeconfigEntries {
  currentContext?: string;
  readonly clusters: Map<string, ClusterEntry>;
  readonly users: Map<string, UserEntry>;
  readonly contexts: Map<string, KubeconfigEntry<z.infer<typeof contextSchema>>>;
}

export async function readKubeconfigs(files: readonly string[]): Promise<KubeconfigEntries> {
  const merged: KubeconfigEntries = { clusters: new Map(), users: new Map(), contexts: new Map() };
  for (const file of files) await merge(merged, file, files.length === 1);
  return merged;
}

async function merge(merged: KubeconfigEntries, file: string, required: boolean): Promise<void> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    // Of several files some may be missing: kubectl passes over them as well.
    if (!required) return;
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const what = isMissing
      ? `there is no kubeconfig ${file}`
      : `the kubeconfig ${file} cannot be read: ${messageOf(error)}`;
    throw kubeconfigFault(`${what}; name the file by --kubeconfig or KUBECONFIG`, error);
  }
  const parsed = fileSchema.safeParse(parse(text, file) ?? {});
  if (!parsed.success) {
    const { path = [], message = '' } = parsed.error.issues[0] ?? {};
    throw kubeconfigFault(`${file} is no kubeconfig: ${path.join('.')}: ${message}`);
  }
  const folder = dirname(resolve(file));
  const current = parsed.data['current-context'];
  if (merged.currentContext === undefined && typeof current === 'string' && current !== '')
    merged.currentContext = current;
  take(merged.clusters, parsed.data.clusters, 'cluster', folder);
  take(merged.users, parsed.data.users, 'user', folder);
  take(merged.contexts, parsed.data.contexts, 'context', folder);
}

function parse(text: string, file: string): unknown {
  try {
    // Its warnings show the line as well.
    return parseYaml(text, { logLevel: 'error' });
  } catch (error) {
    // The parser's message shows the line, and a line may be a token.
    throw kubeconfigFault(`${file} is not YAML`, error instanceof Error ? new Error(error.name) : undefined);
  }
}

function take<T>(
  into: Map<string, KubeconfigEntry<T>>,
  entries: readonly Record<string, unknown>[] | null | undefined,
  key: string,
  folder: string,
): void {
  for (const entry of entries ?? []) {
    const name = String(entry['name']);
    if (!into.has(name) && entry[key] !== undefined && entry[key] !== null)
      into.set(name, { value: entry[key] as T, folder });
  }
}
