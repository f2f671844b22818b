import type { Command } from 'commander';
import { defineKubeControllerCommand } from './kube-controller.ts';
import { defineKubeCrdsCommand } from './kube-crds.ts';
import type { CommandContext } from './run.ts';

/** `evercert kube ...`: what runs in a Kubernetes cluster. */
export function defineKubeCommand(program: Command, context: CommandContext): void {
  const kube = program
    .command('kube')
    .summary('certificates in a Kubernetes cluster')
    .description('Certificates in a Kubernetes cluster, in place of cert-manager.');
  defineKubeControllerCommand(kube, context);
  defineKubeCrdsCommand(kube, context);
}
