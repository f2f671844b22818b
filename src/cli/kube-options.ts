import type { Command } from 'commander';
import type { KubeChoice, KubeSession } from '../app/kube-session.ts';
import type { OutputOptions } from './options.ts';
import { addOutputOption } from './options.ts';

/** The flags by which kubectl finds its cluster. */
export interface KubeFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

export type KubeOutputFlags = KubeFlags & OutputOptions;

export function addKubeOptions(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'namespace; by default that of the context')
    .option('--kubeconfig <file>', 'how to reach the API server')
    .option('--context <name>', 'context of the kubeconfig');
}

export function addKubeOutputOptions(command: Command): Command {
  return addOutputOption(addKubeOptions(command));
}

/** Runs a command of a person in the cluster that the flags name. */
export async function inCluster<T>(
  flags: KubeFlags,
  environment: NodeJS.ProcessEnv,
  work: (session: KubeSession) => Promise<T>,
): Promise<T> {
  const [{ withCluster }, { systemClock }] = await Promise.all([
    import('../app/kube-session.ts'),
    import('../core/clock.ts'),
  ]);
  const { kubeconfig, context, namespace } = flags;
  const choice: KubeChoice = { kubeconfig, context, namespace, environment };
  return await withCluster(choice, systemClock, work);
}
