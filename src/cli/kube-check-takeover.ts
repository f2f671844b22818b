import type { Command } from 'commander';
import type { KubeLookFlags } from '../app/kube-acme-flags.ts';
import type { KubeShimFlags } from '../app/kube-shim-flags.ts';
import { addLookOptions } from './kube-acme-options.ts';
import { addKubeOutputOptions, inCluster } from './kube-options.ts';
import type { KubeOutputFlags } from './kube-options.ts';
import { addShimOptions } from './kube-shim-options.ts';
import type { CommandContext } from './run.ts';
import { showTakeover, takeoverJson } from './show-takeover.ts';

interface TakeoverFlags extends KubeOutputFlags, KubeShimFlags, KubeLookFlags {
  readonly dnsZone?: string;
  readonly clusterResourceNamespace: string;
  readonly enableCertificateOwnerRef: boolean;
  readonly checkDns: boolean;
}

export function defineKubeCheckTakeoverCommand(
  check: Command,
  { terminal, environment, signal }: CommandContext,
): void {
  const command = addKubeOutputOptions(check.command('takeover'))
    .summary('what evercert would do in the place of cert-manager')
    .description(
      'Says of every Certificate of the cluster, or of one namespace, and of whatever\n' +
        'asks for one by annotation, what evercert would do with it if it took the place\n' +
        'of cert-manager now. Nothing is written.',
    )
    .option('--dns-zone <zone>', 'the challenge zone that evercert is to serve')
    .option('--check-dns', 'look whether the CNAMEs lead where they have to', false)
    .option('--cluster-resource-namespace <name>', 'where the Secrets of ClusterIssuers are', 'cert-manager')
    .option('--enable-certificate-owner-ref', 'as cert-manager was started with it', false);
  addShimOptions(addLookOptions(command)).action(async (flags: TakeoverFlags) => {
    const [{ foreseeTakeover }, { readLookFlags }, { kubeLook }, { readShimFlags }, { systemClock }, names] =
      await Promise.all([
        import('../app/kube-takeover.ts'),
        import('../app/kube-acme-flags.ts'),
        import('../app/kube-look.ts'),
        import('../app/kube-shim-flags.ts'),
        import('../core/clock.ts'),
        import('../core/domain-name.ts'),
      ]);
    const { namespace, dnsZone, clusterResourceNamespace, checkDns } = flags;
    const shims = readShimFlags(flags, new Set());
    const question = {
      namespace,
      clusterResourceNamespace,
      shims,
      certificateOwnerRef: flags.enableCertificateOwnerRef,
      ownZone: dnsZone === undefined ? undefined : names.parseDomainName(dnsZone),
      look: checkDns ? await kubeLook(readLookFlags(flags), systemClock) : undefined,
    };
    const found = await inCluster(flags, environment, ({ client }) =>
      foreseeTakeover(client, question, systemClock, signal),
    );
    if (flags.output === 'json') terminal.line(JSON.stringify(takeoverJson(found), null, 2));
    else showTakeover(found, shims, terminal);
  });
}
