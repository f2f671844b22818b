import { resolve } from 'node:path';
import { z } from 'zod';

/** The program by which a user of a kubeconfig logs in (`exec`), as the file describes it. */
export interface LoginProgram {
  readonly apiVersion: string;
  /** As the file has it; for sentences. */
  readonly name: string;
  /** A name to look for in PATH, or a whole path. */
  readonly command: string;
  readonly args: readonly string[];
  /** On top of our own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where to get it from. */
  readonly installHint: string | undefined;
  readonly wantsCluster: boolean;
  /** Whether it may, or must, ask the person at the terminal. */
  readonly interactive: 'Never' | 'IfAvailable' | 'Always';
}

const API_VERSION = /^client\.authentication\.k8s\.io\/(v1|v1beta1)$/;

const schema = z.looseObject({
  apiVersion: z.string().nullish(),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.looseObject({ name: z.string().regex(/^[^=\0]+$/), value: z.string() })).nullish(),
  installHint: z.string().nullish(),
  provideClusterInfo: z.boolean().nullish(),
  interactiveMode: z.enum(['', 'Never', 'IfAvailable', 'Always']).nullish(),
});

/** The program, or what is wrong with its description: `has no command`. `folder` is that of the file. */
export function loginProgram(exec: unknown, folder: string): LoginProgram | string {
  const parsed = schema.safeParse(exec);
  if (!parsed.success) {
    // Not the value: an environment may hold a password.
    return `has an exec that cannot be read: ${parsed.error.issues[0]?.path.join('.') ?? ''} is missing or of another type`;
  }
  const { apiVersion, command, args, env, installHint, provideClusterInfo, interactiveMode } = parsed.data;
  if (!API_VERSION.test(apiVersion ?? ''))
    return 'has an exec whose apiVersion is neither client.authentication.k8s.io/v1 nor v1beta1; let the tool of your cloud write the kubeconfig again';
  if (apiVersion?.endsWith('/v1') === true && (interactiveMode ?? '') === '')
    return 'has an exec without interactiveMode, which version v1 needs; write Never, IfAvailable or Always';
  return {
    apiVersion: apiVersion ?? '',
    name: command,
    command: command.includes('/') ? resolve(folder, command) : command,
    args: args ?? [],
    environment: Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
    installHint: installHint ?? undefined,
    wantsCluster: provideClusterInfo ?? false,
    interactive: interactiveMode === '' ? 'IfAvailable' : (interactiveMode ?? 'IfAvailable'),
  };
}
