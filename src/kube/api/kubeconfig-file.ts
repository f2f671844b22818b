import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { DomainError, messageOf } from '../../core/error.ts';
import type { Credentials, KubeConfig } from './kube-config.ts';
import { unsupportedLogin } from './unsupported-login.ts';

const clusterSchema = z.looseObject({
  server: z.string(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.string().optional(),
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

type User = z.infer<typeof userSchema>;

interface Entry<T> {
  readonly value: T;
  /** File names in it are relative to this. */
  readonly folder: string;
}

interface Merged {
  currentContext?: string;
  readonly clusters: Map<string, Entry<z.infer<typeof clusterSchema>>>;
  readonly users: Map<string, Entry<User>>;
  readonly contexts: Map<string, Entry<z.infer<typeof contextSchema>>>;
}

export interface KubeconfigChoice {
  /** `--kubeconfig`; otherwise the files of KUBECONFIG, otherwise ~/.kube/config. */
  readonly file?: string | undefined;
  /** Otherwise the file's current-context. */
  readonly context?: string | undefined;
}

/**
 * The API server of a kubeconfig file, as kubectl finds it. Of several files (KUBECONFIG) the first that names a thing holds.
 * @throws DomainError `invalid-kubeconfig`
 */
export async function kubeconfigFile(choice: KubeconfigChoice, environment: NodeJS.ProcessEnv): Promise<KubeConfig> {
  const files = filesOf(choice, environment);
  const merged: Merged = { clusters: new Map(), users: new Map(), contexts: new Map() };
  for (const file of files) await merge(merged, file, choice.file !== undefined || files.length === 1);
  return choose(merged, choice.context ?? merged.currentContext, files.join(delimiter));
}

function filesOf(choice: KubeconfigChoice, environment: NodeJS.ProcessEnv): string[] {
  if (choice.file !== undefined) return [choice.file];
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(environment['HOME'] ?? homedir(), '.kube', 'config')];
}

async function merge(merged: Merged, file: string, required: boolean): Promise<void> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    // Of several files some may be missing: kubectl passes over them as well.
    if (!required) return;
    throw fault(`${file} cannot be read: ${messageOf(error)}; name the file by --kubeconfig or KUBECONFIG`, error);
  }
  const parsed = fileSchema.safeParse(parse(text, file) ?? {});
  if (!parsed.success) {
    const { path = [], message = '' } = parsed.error.issues[0] ?? {};
    throw fault(`${file} is no kubeconfig: ${path.join('.')}: ${message}`);
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
    return parseYaml(text);
  } catch (error) {
    // The parser's message shows the line, and a line may be a token.
    throw fault(`${file} is not YAML`, error instanceof Error ? new Error(error.name) : undefined);
  }
}

function take<T>(
  into: Map<string, Entry<T>>,
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

function choose(merged: Merged, name: string | undefined, files: string): KubeConfig {
  if (name === undefined) throw fault(`${files} has no current-context; choose one by kubectl config use-context`);
  const context = merged.contexts.get(name)?.value;
  if (context === undefined)
    throw fault(`${files} has no context "${name}"; there are: ${[...merged.contexts.keys()].join(', ') || 'none'}`);
  const cluster = merged.clusters.get(context.cluster);
  if (cluster === undefined)
    throw fault(`the context "${name}" names the cluster "${context.cluster}", which is not in ${files}`);
  const user = merged.users.get(context.user ?? '');
  if (user === undefined && context.user !== undefined && context.user !== '')
    throw fault(`the context "${name}" names the user "${context.user}", which is not in ${files}`);
  const { value } = cluster;
  if (!/^https?:\/\//.test(value.server))
    throw fault(`the cluster "${context.cluster}" has no https:// server but "${value.server}"`);
  if (value['proxy-url'] !== undefined)
    throw fault(`the cluster "${context.cluster}" has a proxy-url, which evercert cannot use`);
  const refusal = user === undefined ? undefined : unsupportedLogin(user.value);
  if (refusal !== undefined) throw fault(`the user "${context.user}" ${refusal}`);
  return {
    server: value.server.replace(/\/+$/, ''),
    serverName: value['tls-server-name'],
    skipTlsVerify: value['insecure-skip-tls-verify'] ?? false,
    ...(context.namespace === undefined || context.namespace === '' ? {} : { namespace: context.namespace }),
    async credentials(): Promise<Credentials> {
      const of = (entry: Entry<object> | undefined, inline: string, file: string) => pem(entry, inline, file);
      const [ca, certificate, key, tokenOfFile] = await Promise.all([
        of(cluster, 'certificate-authority-data', 'certificate-authority'),
        of(user, 'client-certificate-data', 'client-certificate'),
        of(user, 'client-key-data', 'client-key'),
        pem(user, '', 'tokenFile'),
      ]);
      return { ca, certificate, key, token: tokenOfFile?.trim() ?? user?.value.token };
    },
  };
}

/** Base64 in the file holds before the name of another file (as with kubectl). */
async function pem(entry: Entry<object> | undefined, inline: string, file: string): Promise<string | undefined> {
  const fields = (entry?.value ?? {}) as Record<string, unknown>;
  const data = fields[inline];
  if (typeof data === 'string' && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  const name = fields[file];
  if (entry === undefined || typeof name !== 'string' || name === '') return undefined;
  const path = resolve(entry.folder, name);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw fault(`${path}, which the kubeconfig names, cannot be read: ${messageOf(error)}`, error);
  }
}

function fault(message: string, cause?: unknown): DomainError {
  return new DomainError('invalid-kubeconfig', message, { cause });
}
