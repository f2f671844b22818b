import type { Command } from 'commander';
import { parsePort, parseWait, outputFormat } from './options.ts';
import type { OutputOptions } from './options.ts';
import { createProgress, writeObject, writeStep } from './progress.ts';
import type { CommandContext } from './run.ts';
import type { Style } from './terminal.ts';

interface DemoFlags extends OutputOptions {
  readonly once?: true;
  readonly domain: string;
  readonly ca?: string;
  readonly caRoot?: string;
  readonly dnsPort?: number;
  readonly caPort?: number;
  readonly httpPort?: number;
  readonly lifetime?: number;
  readonly out?: string;
}

const STYLES: Readonly<Record<string, { readonly style: Style }>> = {
  verified: { style: 'green' },
  fault: { style: 'red' },
};

export function defineDemoCommand(program: Command, { terminal, signal }: CommandContext): void {
  program
    .command('demo')
    .summary('the whole chain on this machine: one wildcard certificate through one CNAME')
    .description(
      'Starts a DNS server for a challenge zone, a zone that stands for your DNS\nprovider, and a small ACME CA, all on loopback, and issues one certificate for\na domain and its wildcard. Then it stays up and renews, until Ctrl-C.',
    )
    .option('--once', 'end after the certificate is issued and verified')
    .option('--domain <name>', 'the domain that gets the certificate', 'example.org')
    .option(
      '--ca <url>',
      'directory URL of another ACME CA, such as Pebble; it must ask the DNS server of the demo (see --dns-port)',
    )
    .option('--ca-root <file>', 'PEM root that the HTTPS of --ca is trusted by')
    .option('--dns-port <port>', 'port of the DNS server (a free one)', parsePort)
    .option('--ca-port <port>', 'port of the embedded CA (a free one)', parsePort)
    .option('--http-port <port>', 'port of the HTTP API (a free one)', parsePort)
    .option('--lifetime <duration>', 'lifetime of the certificates of the embedded CA (90s)', parseWait)
    .option('--out <dir>', 'where keys and certificates go (a new temporary folder)')
    .option('-o, --output <format>', 'text, or json: one event a line', outputFormat, 'text')
    .action(async (flags: DemoFlags) => {
      const { runDemo } = await import('../app/demo.ts');
      const { systemClock } = await import('../core/clock.ts');
      const start = systemClock.now();
      const progress = createProgress(terminal, flags.output, systemClock.now);
      const tell = (label: string, text: string, details: readonly string[] = []) => {
        if (flags.output === 'json') {
          writeObject(terminal, systemClock.now(), 'demo', { label, text, details });
        } else {
          writeStep(terminal, { label, text, details, ...STYLES[label] }, systemClock.now() - start);
        }
      };
      await runDemo({ ...flags, once: flags.once === true }, { emit: progress, tell, clock: systemClock }, signal);
    });
}
