import type { Command } from 'commander';
import type { ImportReport } from '../app/import-acme-dns.ts';
import { configSource } from './config-source.ts';
import { addConfigOptions, addOutputOption } from './options.ts';
import type { ConfigFlags, OutputOptions } from './options.ts';
import type { CommandContext } from './run.ts';

interface ImportFlags extends ConfigFlags, OutputOptions {
  readonly from: string;
  readonly dryRun?: boolean;
}

export function defineImportCommand(program: Command, context: CommandContext): void {
  const { terminal, environment } = context;
  const group = program
    .command('import')
    .summary('take over what another program keeps')
    .description('Takes over what another program keeps, into the database of evercert.');
  defineImportDataFolder(group, context);
  const command = group
    .command('acme-dns')
    .summary('the accounts of an acme-dns server')
    .description(
      'Brings the accounts of acme-dns, with their keys, labels and values, into the\ndatabase of evercert. What is there already stays, so it can be run again, also\nafter it was interrupted. The database of acme-dns is only read.',
    )
    .requiredOption('--from <file>', 'its database file, its config.cfg, or the URL of its\nPostgreSQL database')
    .option('--dry-run', 'say what would be done, and do nothing');
  addOutputOption(addConfigOptions(command)).action(async (flags: ImportFlags) => {
    const { importAcmeDns } = await import('../app/import-acme-dns.ts');
    const { from, dryRun = false } = flags;
    const report = await importAcmeDns(configSource(flags, environment), { from, dryRun });
    if (flags.output === 'json') terminal.line(JSON.stringify({ dryRun, ...report }));
    else for (const line of lines(report, dryRun)) terminal.line(line);
  });
}

interface DataFolderFlags extends ConfigFlags, OutputOptions {
  readonly from?: string;
  readonly dryRun?: boolean;
}

function defineImportDataFolder(group: Command, { terminal, environment }: CommandContext): void {
  const command = group
    .command('data-folder')
    .summary('what one node has kept, for several nodes')
    .description(
      'Brings what evercert has kept in a data folder (SQLite) into the PostgreSQL\ndatabase of [database]. What is there already stays, so it can be run again.\nStop serve before. The data folder is only read.',
    )
    .option('--from <folder>', 'the data folder; by default that of the configuration')
    .option('--dry-run', 'say what would be done, and do nothing');
  addOutputOption(addConfigOptions(command)).action(async (flags: DataFolderFlags) => {
    const { importDataFolder } = await import('../app/import-data-folder.ts');
    const { from, dryRun = false } = flags;
    const report = await importDataFolder(configSource(flags, environment), { from, dryRun });
    if (flags.output === 'json') terminal.line(JSON.stringify({ dryRun, ...report }));
    else for (const line of lines({ ...report, closed: [], otherZone: undefined }, dryRun)) terminal.line(line);
  });
}

function lines(
  { found, accounts, delegations, updated, present, skipped, closed, otherZone }: ImportReport,
  dryRun: boolean,
): string[] {
  const done = dryRun ? 'would be imported' : 'imported';
  const parts = [
    `${count(found, 'name')} found, ${count(accounts, 'account')} ${done}`,
    ...(delegations > 0 ? [`${count(delegations, 'label')} of our own certificates`] : []),
    ...(updated > 0 ? [`${updated} with newer values`] : []),
    ...(present > 0 ? [`${present} there already`] : []),
    ...(skipped.length > 0 ? [`${skipped.length} left out`] : []),
  ];
  return [
    parts.join(', '),
    ...skipped.map(({ subdomain, why }) => `left out: ${subdomain}: ${why}`),
    ...closed.map(
      (label) => `nobody is let in to ${label}: its allow list cannot be read; see "evercert accounts allow"`,
    ),
    ...(otherZone === undefined
      ? []
      : [
          `the zone of acme-dns is ${otherZone}, and CNAMEs lead there: serve it as [zone], or lead it here by a DNAME`,
        ]),
  ];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
