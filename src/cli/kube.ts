import type { Command } from 'commander';
import { defineKubeApprovalCommands } from './kube-approval.ts';
import { defineKubeCheckTakeoverCommand } from './kube-check-takeover.ts';
import { defineKubeCheckCommand } from './kube-check.ts';
import { defineKubeControllerCommand } from './kube-controller.ts';
import { defineKubeCrdsCommand } from './kube-crds.ts';
import { defineKubeInspectCommand } from './kube-inspect.ts';
import { defineKubeRenewCommand } from './kube-renew.ts';
import { defineKubeStatusCommand } from './kube-status.ts';
import { defineKubeVersionCommand } from './kube-version.ts';
import type { CommandContext } from './run.ts';

/** `evercert kube ...`: what runs in a Kubernetes cluster. */
export function defineKubeCommand(program: Command, context: CommandContext): void {
  const kube = program
    .command('kube')
    .summary('certificates in a Kubernetes cluster')
    .description('Certificates in a Kubernetes cluster, in place of cert-manager.');
  defineKubeControllerCommand(kube, context);
  defineKubeStatusCommand(kube, context);
  defineKubeRenewCommand(kube, context);
  defineKubeApprovalCommands(kube, context);
  defineKubeInspectCommand(kube, context);
  defineKubeCheckTakeoverCommand(defineKubeCheckCommand(kube, context), context);
  defineKubeCrdsCommand(kube, context);
  defineKubeVersionCommand(kube, context);
}
