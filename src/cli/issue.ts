import type { Command } from 'commander';
import { addConfigOptions, addOutputOption, collect, collectRoute, parseWait } from './options.ts';
import type { ConfigFlags, OutputOptions, Routes } from './options.ts';
import { createProgress, writeObject } from './progress.ts';
import type { CommandContext } from './run.ts';
import type { EventSink } from '../app/event.ts';
import type { Terminal } from './terminal.ts';
import { configSource } from './config-source.ts';

interface IssueFlags extends ConfigFlags, OutputOptions {
  readonly server?: string;
  readonly caRoot?: string;
  readonly acmeDns?: string;
  readonly acmeDnsAccounts?: string;
  readonly keyType?: string;
  readonly profile?: string;
  readonly preferredChain?: string;
  readonly out?: string;
  readonly resolver?: readonly string[];
  readonly route?: Routes;
  readonly wait: number | boolean;
  readonly force?: true;
}

/** By which flag a setting is given here. */
const FLAG_NAMES = {
  'acme.directory': '--server',
  'acme.root': '--ca-root',
  'acme.key_type': '--key-type',
  'acme.profile': '--profile',
  'acme.preferred_chain': '--preferred-chain',
  'dns01.resolvers': '--resolver',
  'dns01.routes': '--route',
  'dns01.acme_dns.server': '--acme-dns',
  'dns01.acme_dns.accounts': '--acme-dns-accounts',
};

export function defineIssueCommand(program: Command, { terminal, environment, signal }: CommandContext): void {
  const command = program
    .command('issue')
    .summary('get one certificate, now')
    .description(
      "Gets one certificate for the names given, and remembers it for renewal.\nThe challenge is answered by the DNS server of --config, or by somebody's\nacme-dns server (--acme-dns). When the CNAME is missing it says so, waits for\nit, and goes on by itself; nothing is spent at the CA before.",
    )
    .argument('<name...>', "names of the certificate; '*.example.org' for a wildcard")
    .option('--server <url>', 'ACME directory URL, or letsencrypt, letsencrypt-staging, ...')
    .option('--ca-root <file>', "PEM root that the CA's HTTPS is trusted by, for a private CA")
    .option('--acme-dns <url>', 'an acme-dns server that answers in place of our own')
    .option('--acme-dns-accounts <file>', 'its account file, in the format that clients share')
    .option('--key-type <type>', 'P-256, P-384, RSA-2048, RSA-3072 or RSA-4096')
    .option('--profile <name>', 'certificate profile of the CA')
    .option('--preferred-chain <name>', 'common name of the root that the chain should lead to')
    .option('--out <dir>', 'folder of the files of this certificate')
    .option('--resolver <addr:port>', 'DNS resolver to ask; may be given again', collect)
    .option(
      '--route <zone=addr:port>',
      'authoritative server of a zone, for one that is not on port 53; may be given again',
      collectRoute,
    )
    .option('--wait <duration>', 'how long to wait for a missing CNAME (24h)', parseWait)
    .option('--no-wait', 'end at once with exit code 3 when a CNAME is missing')
    .option('--force', 'issue even when the certificate in place is still good');
  addOutputOption(addConfigOptions(command)).action(async (names: string[], flags: IssueFlags) => {
    const { issueOnce } = await import('../app/issue.ts');
    const { systemClock } = await import('../core/clock.ts');
    const overrides = {
      acme: {
        directory: flags.server,
        root: flags.caRoot,
        key_type: flags.keyType,
        profile: flags.profile,
        preferred_chain: flags.preferredChain,
      },
      dns01: {
        resolvers: flags.resolver,
        routes: flags.route,
        acme_dns: flags.acmeDns === undefined ? undefined : { server: flags.acmeDns, accounts: flags.acmeDnsAccounts },
      },
    };
    const source = configSource(flags, environment, overrides, FLAG_NAMES);
    // The error that ends the command says it.
    const except =
      flags.wait === false ? (['issuance.failed', 'delegation.needed'] as const) : (['issuance.failed'] as const);
    const progress = createProgress(terminal, flags.output, systemClock.now, except);
    const emit = flags.wait === false || flags.output === 'json' ? progress : sayThatItWaits(progress, terminal);
    const wanted = {
      names,
      output: flags.out,
      force: flags.force === true,
      wait: flags.wait === true ? undefined : flags.wait,
    };
    const outcome = await issueOnce(source, wanted, { emit, clock: systemClock }, signal);
    if (outcome.kind === 'issued') return;
    const { certificate, message } = outcome;
    if (flags.output === 'text') terminal.line(`${message}; --force issues all the same`);
    else writeObject(terminal, systemClock.now(), 'certificate.current', { certificate, message });
  });
}

/** Once, after all records that are missing were told. */
function sayThatItWaits(emit: EventSink, terminal: Terminal): EventSink {
  let isSaid = false;
  return (event) => {
    emit(event);
    if (event.type !== 'delegation.needed' || isSaid) return;
    isSaid = true;
    queueMicrotask(() => terminal.line('waiting: it goes on by itself when that is there; Ctrl-C stops'));
  };
}
