import type { LoadedConfig } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { parseRecordLine } from '../dns/record-line.ts';

/** A configuration before it is read: a file, the environment, and what flags say in place of them. */
export interface ConfigSource {
  readonly file: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** In the shape of the file; what is undefined says nothing. */
  readonly overrides: Overrides;
  /** What a person types for a path of the file, such as `--server` for `acme.directory`: a fault is said with it. */
  readonly flagNames?: Readonly<Record<string, string>> | undefined;
}

export type Overrides = Readonly<Record<string, unknown>>;

/** @throws DomainErrors `invalid-config`, all faults at once */
export function loadSource(source: ConfigSource, more: Overrides = {}): Promise<LoadedConfig> {
  const overrides = merge(withoutUndefined(more), withoutUndefined(source.overrides));
  const { file, environment, flagNames } = source;
  return loadConfig({ file, environment, overrides, flagNames, readRecord: (line) => parseRecordLine(line) });
}

/** The same without members that are undefined, and without tables that are then empty: it can be stored as JSON. */
export function withoutUndefined(overrides: Overrides): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(overrides)) {
    const kept = isTable(value) ? withoutUndefined(value) : value;
    if (kept === undefined || (isTable(kept) && Object.keys(kept).length === 0)) continue;
    result[key] = kept;
  }
  return result;
}

function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = result[key];
    result[key] = isTable(before) && isTable(value) ? merge(before, value) : value;
  }
  return result;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
