import type { Command } from 'commander';
import type { CertificateView, ObjectView, SecretView } from '../app/kube-certificate-view.ts';
import { addKubeOutputOptions, inCluster } from './kube-options.ts';
import type { KubeOutputFlags } from './kube-options.ts';
import type { CommandContext } from './run.ts';
import type { Terminal } from './terminal.ts';
import { wrap } from './wrap.ts';

export function defineKubeStatusCommand(kube: Command, { terminal, environment, signal }: CommandContext): void {
  const status = kube
    .command('status')
    .summary('what has become of something')
    .description('Shows what has become of something.');
  addKubeOutputOptions(status.command('certificate'))
    .summary('a Certificate with all that belongs to it')
    .description(
      'Shows a Certificate with its issuer, its Secret, and, while it is being issued,\nits request, order and challenges: what each says, and what is waited for.',
    )
    .argument('<name>', 'name of the Certificate')
    .action(async (name: string, flags: KubeOutputFlags) => {
      const { viewCertificate } = await import('../app/kube-certificate-view.ts');
      const view = await inCluster(flags, environment, ({ client, namespace }) =>
        viewCertificate(client, { namespace, name }, signal),
      );
      if (flags.output === 'json') terminal.line(JSON.stringify(view, null, 2));
      else show(view, terminal);
    });
}

function show(view: CertificateView, terminal: Terminal): void {
  terminal.line(terminal.style('bold', `Certificate ${view.namespace}/${view.name}`));
  field(terminal, 'names', view.names.join(' '));
  field(terminal, 'state', view.summary);
  if (view.notAfter !== undefined) field(terminal, 'valid', `until ${view.notAfter}`);
  if (view.revision !== undefined) field(terminal, 'issued', view.revision === 1 ? 'once' : `${view.revision} times`);
  if (view.failedAttempts > 0)
    field(terminal, 'failed', view.failedAttempts === 1 ? 'once' : `${view.failedAttempts} times in a row`);
  states(terminal, view.certificate);
  for (const part of [view.issuer, view.request, view.order, ...view.challenges]) {
    if (part === undefined) continue;
    terminal.line(`${part.kind} ${part.name}${absence(part.found, 'there is none')}`);
    states(terminal, part);
  }
  showSecret(terminal, view.secret);
}

function showSecret(terminal: Terminal, secret: SecretView): void {
  terminal.line(`Secret ${secret.name}${absence(secret.found, 'there is none yet')}`);
  if (secret.fault !== undefined) field(terminal, 'fault', secret.fault);
  if (secret.names !== undefined) field(terminal, 'names', secret.names.join(' '));
  if (secret.issuer !== undefined) field(terminal, 'issuer', secret.issuer);
  if (secret.serial !== undefined) field(terminal, 'serial', secret.serial);
  if (secret.notBefore !== undefined)
    field(terminal, 'valid', `from ${secret.notBefore} until ${secret.notAfter ?? '?'}`);
}

function absence(found: boolean | undefined, none: string): string {
  if (found === true) return '';
  return `: ${found === undefined ? 'you may not read it' : none}`;
}

function states(terminal: Terminal, { states: all, events }: ObjectView): void {
  for (const { state, reason, message } of all) {
    const said = [reason, message].filter((text) => text !== undefined && text !== '').join(': ');
    field(terminal, '', said === '' ? state : `${state} (${said})`);
  }
  for (const { at, type, reason, message } of events) {
    const mark = type === 'Warning' ? 'warning' : 'event';
    field(terminal, mark, `${at ?? ''} ${reason}: ${message}`.trim());
  }
}

/** Broken at 80 columns. */
function field(terminal: Terminal, name: string, text: string): void {
  wrap(text, 68).forEach((line, at) => terminal.line(`  ${(at === 0 ? name : '').padEnd(8)} ${line}`));
}
