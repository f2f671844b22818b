import type { Command } from 'commander';
import type { CertificateTakeover } from '../app/kube-takeover.ts';
import { assertNever } from '../core/assert-never.ts';
import { addKubeOutputOptions, inCluster } from './kube-options.ts';
import type { KubeOutputFlags } from './kube-options.ts';
import type { CommandContext } from './run.ts';
import type { Terminal } from './terminal.ts';
import { wrap } from './wrap.ts';

interface TakeoverFlags extends KubeOutputFlags {
  readonly dnsZone?: string;
  readonly enableCertificateOwnerRef: boolean;
}

export function defineKubeCheckTakeoverCommand(
  check: Command,
  { terminal, environment, signal }: CommandContext,
): void {
  addKubeOutputOptions(check.command('takeover'))
    .summary('what evercert would do in the place of cert-manager')
    .description(
      'Says of every Certificate of the cluster, or of one namespace, what evercert would\ndo with it if it took the place of cert-manager now. Nothing is written.',
    )
    .option('--dns-zone <zone>', 'the challenge zone that evercert is to serve')
    .option('--enable-certificate-owner-ref', 'as cert-manager was started with it', false)
    .action(async (flags: TakeoverFlags) => {
      const [{ foreseeTakeover }, { systemClock }, { parseDomainName }] = await Promise.all([
        import('../app/kube-takeover.ts'),
        import('../core/clock.ts'),
        import('../core/domain-name.ts'),
      ]);
      const { namespace, dnsZone, enableCertificateOwnerRef: certificateOwnerRef } = flags;
      const question = {
        namespace,
        certificateOwnerRef,
        ownZone: dnsZone === undefined ? undefined : parseDomainName(dnsZone),
      };
      const found = await inCluster(flags, environment, ({ client }) =>
        foreseeTakeover(client, question, systemClock, signal),
      );
      if (flags.output === 'json') terminal.line(JSON.stringify(found.map(asJson), null, 2));
      else show(found, terminal);
    });
}

type Kind = CertificateTakeover['takeover']['kind'];

/** What may surprise comes first. */
const HEADINGS: readonly (readonly [Kind, string])[] = [
  ['issues', 'issued anew'],
  ['cannot', 'kept, but evercert cannot renew it'],
  ['shares', 'not issued: its Secret is that of another Certificate'],
  ['waits', 'failed before, and tried again later'],
  ['goes-on', 'being issued: brought to its end'],
  ['renews', 'due for renewal'],
  ['stays', 'left as it is'],
];

function show(found: readonly CertificateTakeover[], terminal: Terminal): void {
  if (found.length === 0) terminal.line('there are no Certificates');
  for (const [kind, heading] of HEADINGS) {
    const own = found.filter(({ takeover }) => takeover.kind === kind);
    if (own.length === 0) continue;
    terminal.line(terminal.style('bold', `${own.length} ${heading}`));
    for (const { namespace, name, takeover } of own) {
      terminal.line(`  ${namespace}/${name}`);
      for (const line of wrap(remarkOn(takeover), 72)) terminal.line(`      ${line}`);
    }
  }
}

function remarkOn(takeover: CertificateTakeover['takeover']): string {
  switch (takeover.kind) {
    case 'stays': {
      const renewal = takeover.renewalTime === undefined ? '' : `renewed at ${timeText(takeover.renewalTime)}`;
      const repair = takeover.repair === undefined ? '' : `in its Secret, ${takeover.repair}: put right`;
      return [renewal, repair].filter((text) => text !== '').join('; ');
    }
    case 'issues':
      return `${takeover.reason}: ${takeover.message}`;
    case 'waits':
      return `at ${timeText(takeover.until)}: ${takeover.message}`;
    case 'shares':
      return `that of ${takeover.owner}, which names it too`;
    case 'cannot': {
      const until =
        takeover.validUntil === undefined
          ? 'it has no certificate now'
          : `valid until ${timeText(takeover.validUntil)}`;
      return `${takeover.message}; ${until}`;
    }
    case 'goes-on':
    case 'renews':
      return takeover.message;
    default:
      return assertNever(takeover);
  }
}

function asJson({ namespace, name, takeover }: CertificateTakeover): Record<string, unknown> {
  const times = Object.entries(takeover).map(([key, value]) => [
    key,
    typeof value === 'number' ? timeText(value) : value,
  ]);
  return { namespace, name, ...Object.fromEntries(times) };
}

function timeText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
