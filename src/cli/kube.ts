import type { Command } from 'commander';
import { defineKubeCrdsCommand } from './kube-crds.ts';
import type { CommandContext } from './run.ts';

export function defineKubeCommand(program: Command, context: CommandContext): void {
  const kube = program.command('kube').summary('in Kubernetes').description('Everything about Kubernetes.');
  defineKubeCrdsCommand(kube, context);
}
