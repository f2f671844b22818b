import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DomainError, DomainErrors, messageOf } from '../core/error.ts';
import { inWordsOfAcmeDns, readAcmeDnsFile } from './acme-dns-file.ts';
import type { AcmeDnsFile } from './acme-dns-file.ts';
import { isAcmeDnsTree } from './acme-dns-keys.ts';
import type { ReadRecord } from './acme-dns-records.ts';
import { buildConfig, buildSecrets } from './build-config.ts';
import { checkSettings } from './checks.ts';
import type { LoadedConfig } from './config.ts';
import { readEnvironment, readSecretVariables } from './environment.ts';
import type { Environment, SecretVariables } from './environment.ts';
import { describeIssues, fault } from './faults.ts';
import type { Locate } from './faults.ts';
import { createLocate } from './locate.ts';
import { parseToml } from './parse-toml.ts';
import type { TomlText } from './parse-toml.ts';
import { anchorPaths } from './paths.ts';
import { readNamedFiles, reason } from './read-files.ts';
import { routesOf } from './routes.ts';
import { settingsSchema } from './settings.ts';
import type { Overrides, Settings } from './settings.ts';
import { deepFreeze, isTree, merge } from './tree.ts';
import type { Tree } from './tree.ts';
import { warningsAbout } from './warnings.ts';

export interface LoadConfigOptions {
  /** Path of the file; without it EVERCERT_CONFIG, and without that the defaults. */
  readonly file?: string | undefined;
  /** The content, in place of what is in `file`. */
  readonly text?: string | undefined;
  readonly environment: Environment;
  /** What the command line says; wins over the environment, which wins over the file. */
  readonly overrides?: Overrides | undefined;
  /** The flag of each path that has one, such as `acme.directory`: a fault is said with it. */
  readonly flagNames?: Readonly<Record<string, string>> | undefined;
  /** Parses one line of `zone.records`, and throws what is wrong with it: the words of DNS are not known here. */
  readonly readRecord?: ReadRecord | undefined;
}

/**
 * File, environment and command line as one frozen Config.
 * @throws DomainErrors `invalid-config` with every fault that can be seen at once
 */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const { environment, readRecord, flagNames = {} } = options;
  const { tree: written, file, lines, acmeDns } = await readSource(options);
  const fromEnvironment = readEnvironment(environment);
  const fromFlags = readOverrides(options.overrides ?? {});
  const folder = file === undefined ? '.' : dirname(resolve(file));
  let tree = anchorPaths(written, folder);
  for (const { tree: over } of [fromEnvironment, fromFlags]) tree = merge(tree, anchorPaths(over, '.'));

  const locate = createLocate({ file, lines, variables: fromEnvironment.variables, flags: fromFlags.tree, flagNames });
  const parsed = settingsSchema.safeParse(tree, { reportInput: true });
  const files = await readNamedFiles(tree, locate);
  const secrets = readSecretVariables(environment);
  const faults = [
    ...(acmeDns?.faults ?? []),
    ...fromEnvironment.faults,
    ...fromFlags.faults,
    ...(parsed.success ? [] : describeIssues(parsed.error.issues, locate)),
    ...files.faults,
  ];
  if (parsed.success) {
    faults.push(...checkSettings(parsed.data, locate, secrets), ...checkRecords(parsed.data, locate, readRecord));
  }
  if (faults.length > 0 || !parsed.success) throw new DomainErrors('invalid-config', inWordsOf(acmeDns, faults));
  return finish(parsed.data, files, secrets, acmeDns);
}

/** The configuration of a program that was told nothing. */
export function defaultConfig(): Promise<LoadedConfig> {
  return loadConfig({ text: '', environment: {} });
}

function finish(
  settings: Settings,
  files: { contents: ReadonlyMap<string, string>; warnings: readonly string[] },
  variables: SecretVariables,
  acmeDns: AcmeDnsFile | undefined,
): LoadedConfig {
  try {
    const config = deepFreeze(buildConfig(settings, files.contents, acmeDns?.beside));
    const secrets = Object.freeze(buildSecrets(settings, files.contents, variables));
    const warnings = [...files.warnings, ...warningsAbout(config)];
    const told = acmeDns === undefined ? warnings : [...acmeDns.warnings, ...warnings.map(inWordsOfAcmeDns)];
    return Object.freeze({ config, secrets, warnings: Object.freeze(told) });
  } catch (error) {
    throw error instanceof DomainError ? new DomainErrors('invalid-config', [error]) : error;
  }
}

interface Source extends TomlText {
  readonly file: string | undefined;
  /** The file is one of acme-dns, and has been turned into ours. */
  readonly acmeDns?: AcmeDnsFile;
}

async function readSource(options: LoadConfigOptions): Promise<Source> {
  const source = await readToml(options);
  if (!isAcmeDnsTree(source.tree)) return source;
  const acmeDns = readAcmeDnsFile(source, { file: source.file, readRecord: options.readRecord });
  return { ...source, tree: acmeDns.tree, lines: acmeDns.lines, acmeDns };
}

async function readToml({ file, text, environment }: LoadConfigOptions): Promise<Source> {
  const path = file ?? (text === undefined ? environment['EVERCERT_CONFIG'] : undefined);
  if (path === undefined && text === undefined) return { tree: {}, lines: new Map(), file: undefined };
  try {
    return { ...parseToml(text ?? (await readFile(path ?? '', 'utf8')), path ?? 'configuration'), file: path };
  } catch (error) {
    const one =
      error instanceof DomainError ? error : fault('', `the configuration ${path} cannot be read: ${reason(error)}`);
    throw new DomainErrors('invalid-config', [one]);
  }
}

function readOverrides(overrides: Overrides): { tree: Tree; faults: readonly DomainError[] } {
  const tree = merge({}, overrides);
  const dns01 = tree['dns01'];
  const routes = isTree(dns01) ? dns01['routes'] : undefined;
  if (!isTree(dns01) || !Array.isArray(routes)) return { tree, faults: [] };
  try {
    return { tree: { ...tree, dns01: { ...dns01, routes: routesOf(routes.map(String)) } }, faults: [] };
  } catch (error) {
    const { routes: _, ...rest } = dns01;
    return { tree: { ...tree, dns01: rest }, faults: [fault('command line', messageOf(error))] };
  }
}

function inWordsOf(acmeDns: AcmeDnsFile | undefined, faults: readonly DomainError[]): readonly DomainError[] {
  if (acmeDns === undefined) return faults;
  return faults.map(({ code, message }) => new DomainError(code, inWordsOfAcmeDns(message)));
}

function checkRecords(settings: Settings, locate: Locate, readRecord: ReadRecord | undefined): readonly DomainError[] {
  const { zone, other_zone: others } = settings;
  if (readRecord === undefined) return [];
  const places = [
    ...(zone === undefined ? [] : [{ zone, path: ['zone'] as const }]),
    ...others.map((other, index) => ({ zone: other, path: ['other_zone', index] as const })),
  ];
  return places.flatMap(({ zone: { name, records }, path }) =>
    records.flatMap((line, index) => {
      try {
        readRecord(line, name);
        return [];
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        const message = `${path[0]}.records[${index}] cannot be used: ${error.message}`;
        return [fault(locate([...path, 'records', index]), message)];
      }
    }),
  );
}
