import { assertNever } from '../core/assert-never.ts';
import type { DomainError } from '../core/error.ts';
import { nearest } from './did-you-mean.ts';
import { fault } from './faults.ts';
import type { Locate } from './faults.ts';
import { sections } from './settings.ts';
import { isTree } from './tree.ts';
import type { Tree } from './tree.ts';

/** Every key of acme-dns' config.cfg (v1.0 to its main branch), and what its value is. */
export const acmeDnsKeys = {
  general: {
    listen: 'text',
    protocol: 'text',
    domain: 'text',
    nsname: 'text',
    nsadmin: 'text',
    records: 'list',
    debug: 'flag',
    txt_limit: 'number',
  },
  database: { engine: 'text', connection: 'text' },
  api: {
    ip: 'text',
    port: 'text',
    disable_registration: 'flag',
    tls: 'text',
    tls_cert_privkey: 'text',
    tls_cert_fullchain: 'text',
    acme_cache_dir: 'text',
    notification_email: 'text',
    corsorigins: 'list',
    use_header: 'flag',
    header_name: 'text',
    hsts_enabled: 'flag',
    hsts_max_age: 'number',
    hsts_include_subdomains: 'flag',
    hsts_preload: 'flag',
    api_domain: 'text',
    autocert_port: 'text',
  },
  logconfig: { loglevel: 'text', logtype: 'text', logfile: 'text', logformat: 'text' },
} as const;

type Kinds = { text: string; flag: boolean; number: number; list: readonly string[] };
type Keys = typeof acmeDnsKeys;

/** The values that are there, by their tables and keys in lower case. */
export type AcmeDnsValues = {
  readonly [T in keyof Keys]: { readonly [K in keyof Keys[T]]?: Kinds[Keys[T][K] & keyof Kinds] };
};

export interface AcmeDnsReading {
  readonly values: AcmeDnsValues;
  /** Tables and keys of our own that may stand beside those of acme-dns, which ignores them. */
  readonly own: Tree;
  /** The path in the file of a key such as `general.domain`, in the letter case that it was written in. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
  readonly warnings: readonly string[];
  readonly faults: readonly DomainError[];
}

/** Our tables that have no counterpart in acme-dns' file. */
const OWN_TABLES = ['acme', 'certificate', 'other_zone', 'data', 'dns01', 'dns'];

/** Whether a TOML file is one of acme-dns: by its tables, in any letter case, as acme-dns takes them. */
export function isAcmeDnsTree(tree: Tree): boolean {
  return Object.entries(tree).some(([name, table]) => {
    const lower = name.toLowerCase();
    if (!isTree(table)) return false;
    if (lower === 'general' || lower === 'logconfig') return true;
    return lower === 'database' && Object.keys(table).some((key) => /^(engine|connection)$/i.test(key));
  });
}

/** Reads what acme-dns would read. Letter case does not count, and unknown keys are passed over with a warning. */
export function readAcmeDnsKeys(tree: Tree, locate: Locate): AcmeDnsReading {
  const values: Record<string, Record<string, unknown>> = { general: {}, database: {}, api: {}, logconfig: {} };
  const own: Record<string, unknown> = {};
  const ownApi: Record<string, unknown> = {};
  const paths = new Map<string, readonly string[]>();
  const warnings: string[] = [];
  const faults: DomainError[] = [];

  const unknown = (path: readonly string[], known: readonly string[]) => {
    const near = nearest(path.at(-1) ?? '', known);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    warnings.push(`${locate(path)}: ${path.join('.')} is not a key of acme-dns, and is passed over${hint}`);
  };

  for (const [name, table] of Object.entries(tree)) {
    const lower = name.toLowerCase();
    if (!isTree(table) || !Object.hasOwn(acmeDnsKeys, lower)) {
      if (OWN_TABLES.includes(name)) own[name] = table;
      else unknown([name], [...Object.keys(acmeDnsKeys), ...OWN_TABLES]);
      continue;
    }
    const kinds: Readonly<Record<string, keyof Kinds>> = acmeDnsKeys[lower as keyof Keys];
    for (const [written, value] of Object.entries(table)) {
      const key = written.toLowerCase();
      const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
      const path = [name, written];
      if (kind === undefined) {
        if (lower === 'api' && Object.hasOwn(sections.api, written)) ownApi[written] = value;
        else unknown(path, Object.keys(kinds));
        continue;
      }
      const target = `${lower}.${key}`;
      const before = paths.get(target);
      if (before !== undefined) {
        faults.push(fault(locate(path), `${target} is there twice, as ${before.join('.')} too; keep one of them`));
        continue;
      }
      paths.set(target, path);
      const read = readValue(value, kind);
      if (read === undefined) faults.push(fault(locate(path), `${target} must be ${EXPECTED[kind]}`));
      else (values[lower] ??= {})[key] = read;
    }
  }
  if (Object.keys(ownApi).length > 0) own['api'] = ownApi;
  return { values: values as AcmeDnsValues, own, paths, warnings, faults };
}

const EXPECTED: Readonly<Record<keyof Kinds, string>> = {
  text: 'a text in quotes',
  flag: 'true or false',
  number: 'a number',
  list: 'a list of texts in square brackets',
};

function readValue(value: unknown, kind: keyof Kinds): unknown {
  switch (kind) {
    case 'text':
      // A port without quotes is a mistake that everybody makes, and can only mean one thing.
      return typeof value === 'number' || typeof value === 'bigint' ? String(value) : textOr(value);
    case 'flag':
      return typeof value === 'boolean' ? value : undefined;
    case 'number':
      return typeof value === 'number' ? value : undefined;
    case 'list':
      return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
    default:
      return assertNever(kind);
  }
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
