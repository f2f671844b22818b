import type { Command } from 'commander';
import { addKubeOptions, inCluster } from './kube-options.ts';
import type { KubeFlags } from './kube-options.ts';
import type { CommandContext } from './run.ts';

interface ApprovalFlags extends KubeFlags {
  readonly reason: string;
  readonly message: string;
}

/** `approve` and `deny`. */
export function defineKubeApprovalCommands(kube: Command, context: CommandContext): void {
  define(kube, context, {
    word: 'approve',
    type: 'Approved',
    summary: 'approve a CertificateRequest',
    description: 'Approves a CertificateRequest, so that its issuer may sign it. It cannot be taken\nback.',
    message: 'manually approved with "evercert kube"',
  });
  define(kube, context, {
    word: 'deny',
    type: 'Denied',
    summary: 'deny a CertificateRequest',
    description: 'Denies a CertificateRequest: it is never signed. It cannot be taken back.',
    message: 'manually denied with "evercert kube"',
  });
}

interface Approval {
  readonly word: string;
  readonly type: 'Approved' | 'Denied';
  readonly summary: string;
  readonly description: string;
  readonly message: string;
}

function define(kube: Command, { terminal, environment, signal }: CommandContext, approval: Approval): void {
  const { word, type, summary, description, message } = approval;
  addKubeOptions(kube.command(word))
    .summary(summary)
    .description(description)
    .argument('<name>', 'name of the CertificateRequest')
    .option('--reason <reason>', 'one word for machines', 'EvercertKube')
    .option('--message <text>', 'a sentence for people', message)
    .action(async (name: string, flags: ApprovalFlags) => {
      const { decideRequest } = await import('../app/kube-approval.ts');
      const { systemClock } = await import('../core/clock.ts');
      const decision = { type, reason: flags.reason, message: flags.message };
      const namespace = await inCluster(flags, environment, async (session) => {
        await decideRequest(session.client, { namespace: session.namespace, name }, decision, systemClock, signal);
        return session.namespace;
      });
      terminal.line(`${type.toLowerCase()}: ${namespace}/${name}`);
    });
}
