import type { Command } from 'commander';
import type { Accounts, AccountSummary } from '../app/accounts.ts';
import { configSource } from './config-source.ts';
import { addConfigOptions, addOutputOption, collect } from './options.ts';
import type { ConfigFlags, OutputOptions } from './options.ts';
import type { CommandContext } from './run.ts';

type Flags = ConfigFlags & OutputOptions;
type AllowFlags = Flags & { readonly allowFrom?: readonly string[] };

const ACCOUNT = ['<account>', 'its username, its label, or its full name'] as const;

export function defineAccountsCommand(program: Command, { terminal, environment }: CommandContext): void {
  const accounts = program
    .command('accounts')
    .summary('the accounts of the API')
    .description('Looks at the accounts of the API and changes them, also while "serve" runs.');

  async function withAccounts<T>(flags: Flags, work: (accounts: Accounts) => Promise<T>): Promise<T> {
    const { withAccounts: open } = await import('../app/accounts.ts');
    const { systemClock } = await import('../core/clock.ts');
    return await open(configSource(flags, environment), systemClock, work);
  }

  /** One object for scripts, lines for people. */
  function show(flags: Flags, result: object, lines: readonly string[]): void {
    if (flags.output === 'json') terminal.line(JSON.stringify(result));
    else for (const line of lines) terminal.line(line);
  }

  const define = (usage: string, summary: string, description: string): Command =>
    addOutputOption(addConfigOptions(accounts.command(usage).summary(summary).description(description)));

  define('list', 'every account', 'Shows every account; with -o json one object a line.').action(
    async (flags: Flags) => {
      let count = 0;
      await withAccounts(flags, async (all) => {
        for await (const page of all.list()) {
          count += page.length;
          for (const account of page)
            show(flags, account, [
              account.subdomain,
              `  ${used(account)}, allowed from ${networks(account.allowFrom)}`,
            ]);
        }
      });
      if (count === 0 && flags.output === 'text') terminal.line('there are no accounts');
    },
  );

  define('show', 'one account', 'Shows one account.')
    .argument(...ACCOUNT)
    .action(async (account: string, flags: Flags) => {
      const found = await withAccounts(flags, (all) => all.show(account));
      show(flags, found, describe(found));
    });

  define(
    'add',
    'a new account, also where registration is closed',
    'Makes an account and prints what its owner needs, in the form that\nPOST /register answers. The password is shown this once.',
  )
    .option('--allow-from <cidr>', 'network that it may be updated from; may be given again', collect)
    .action(async (flags: AllowFlags) => {
      const made = await withAccounts(flags, (all) => all.add(flags.allowFrom ?? []));
      terminal.line(JSON.stringify(made));
    });

  define(
    'delete',
    'delete an account with its values',
    'Deletes an account with its label and its values. CNAMEs that lead there\nanswer no challenge any more: remove them at the DNS provider.',
  )
    .argument(...ACCOUNT)
    .action(async (account: string, flags: Flags) => {
      const gone = await withAccounts(flags, (all) => all.remove(account));
      show(flags, gone, [`deleted: ${gone.fulldomain}`, 'Remove the CNAMEs that lead there.']);
    });

  define(
    'rotate',
    'a new password for an account',
    'Gives an account a new password and prints it, this once, in the form that\nPOST /register answers. The old one is refused from now on.',
  )
    .argument(...ACCOUNT)
    .action(async (account: string, flags: Flags) => {
      const rotated = await withAccounts(flags, (all) => all.rotate(account));
      terminal.line(JSON.stringify(rotated));
    });

  define(
    'allow',
    'say where an account may be updated from',
    'Replaces the networks that an account may be updated from. Without\n--allow-from it may be updated from everywhere.',
  )
    .argument(...ACCOUNT)
    .option('--allow-from <cidr>', 'network; may be given again', collect)
    .action(async (account: string, flags: AllowFlags) => {
      const changed = await withAccounts(flags, (all) => all.allow(account, flags.allowFrom ?? []));
      show(flags, changed, describe(changed));
    });
}

function describe(account: AccountSummary): string[] {
  const { username, fulldomain, allowFrom, createdAt, lastUpdateAt, key } = account;
  return [
    fulldomain,
    `  username     ${username}`,
    `  allowed from ${networks(allowFrom)}`,
    `  created      ${createdAt === undefined ? 'not known' : new Date(createdAt).toISOString()}`,
    `  last update  ${lastUpdateAt === undefined ? 'never' : new Date(lastUpdateAt).toISOString()}`,
    `  key          kept as ${key === 'sha256' ? 'SHA-256' : 'bcrypt, as acme-dns has it'}`,
  ];
}

function used({ lastUpdateAt }: AccountSummary): string {
  return lastUpdateAt === undefined ? 'never updated' : `updated ${new Date(lastUpdateAt).toISOString()}`;
}

function networks(allowFrom: readonly string[]): string {
  return allowFrom.length === 0 ? 'everywhere' : allowFrom.join(', ');
}
