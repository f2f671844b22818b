import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { parseDuration } from '../core/duration.ts';
import { messageOf } from '../core/error.ts';
import type { OutputFormat } from './progress.ts';

export interface OutputOptions {
  readonly output: OutputFormat;
}

/** The flags of every command that works on a data folder and a config file. */
export interface ConfigFlags {
  readonly config?: string;
  readonly data?: string;
}

export function addConfigOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (TOML)')
    .option('--data <dir>', 'data folder, in place of the one in the configuration');
}

export function addOutputOption(command: Command): Command {
  return command.option('-o, --output <format>', 'text or json', outputFormat, 'text');
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

export function parseWait(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new InvalidArgumentError(`${messageOf(error)}.`);
  }
}

export function outputFormat(text: string): OutputFormat {
  if (text !== 'text' && text !== 'json') throw new InvalidArgumentError('It is text or json.');
  return text;
}

/** For an option that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** Authoritative servers by zone, in the shape of `dns01.routes`. */
export type Routes = Readonly<Record<string, readonly string[]>>;

/** `zone=address:port`; may be given several times, also for one zone. */
export function collectRoute(text: string, before: Routes = {}): Routes {
  const [zone = '', server = '', ...more] = text.split('=');
  if (zone === '' || server === '' || more.length > 0) {
    throw new InvalidArgumentError('Write it as in example.org=127.0.0.1:5301.');
  }
  return { ...before, [zone]: [...(before[zone] ?? []), server] };
}
