import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { collect, collectRoute } from './options.ts';

/** What `evercert kube controller` is told about ACME and about the challenge zone that it serves. */
export function addAcmeOptions(command: Command): Command {
  command
    .option('--dns-zone <name>', 'challenge zone to serve; without it acme-dns servers of others answer')
    .option('--dns-listen <address>', 'where DNS is served, UDP and TCP; may be repeated', collect)
    .option('--dns-nameserver <name>', 'name of the name server of the zone, as its NS record says')
    .option('--dns-mailbox <address>', 'mail address in the SOA of the zone')
    .option(
      '--dns-record <line>',
      'a record of the zone, such as "ns.auth.example.net. A 192.0.2.1"; may be repeated',
      collect,
    )
    .option(
      '--dns-service <namespace/name>',
      'service before all instances: a CA is told when every one has the answer',
    )
    .option('--dns-workers <number>', 'threads that answer DNS', threads);
  return addLookOptions(command).option('--max-concurrent-challenges <number>', 'challenges worked on at once', count);
}

/** How delegations are looked at. */
export function addLookOptions(command: Command): Command {
  return command
    .option(
      '--dns01-recursive-nameservers <list>',
      'resolvers to look at delegations with, in place of those of the pod',
      list,
    )
    .option('--dns01-recursive-nameservers-only [bool]', 'ask only them, not the servers of the zones', yes, false)
    .option('--dns01-route <zone=address>', 'server to ask for a zone; may be repeated', collectRoute);
}

function list(text: string, before: readonly string[] = []): readonly string[] {
  return text.split(',').reduce<readonly string[]>((all, one) => collect(one.trim(), all), before);
}

function yes(text: string): boolean {
  if (!/^(true|false|1|0|t|f)$/i.test(text)) throw new InvalidArgumentError('It is true or false.');
  return /^(true|1|t)$/i.test(text);
}

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(text);
}

function threads(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('It is a whole number; 0 means no thread of its own.');
  return Number(text);
}
