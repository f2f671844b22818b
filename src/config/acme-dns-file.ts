import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseDomainName } from '../core/domain-name.ts';
import type { DomainName } from '../core/domain-name.ts';
import type { DomainError } from '../core/error.ts';
import { acmeDnsApi, acmeDnsTls } from './acme-dns-api.ts';
import { acmeDnsDatabase, acmeDnsEngine } from './acme-dns-database.ts';
import type { AcmeDnsDatabase } from './acme-dns-database.ts';
import { readAcmeDnsKeys } from './acme-dns-keys.ts';
import type { AcmeDnsValues } from './acme-dns-keys.ts';
import { acmeDnsListeners, acmeDnsProtocol } from './acme-dns-listen.ts';
import { acmeDnsLog } from './acme-dns-log.ts';
import { createNotes } from './acme-dns-notes.ts';
import type { Notes } from './acme-dns-notes.ts';
import { sortRecords } from './acme-dns-records.ts';
import type { ReadRecord, SortedRecords } from './acme-dns-records.ts';
import type { ApiTlsByAcme } from './config.ts';
import type { Locate } from './faults.ts';
import type { TomlText } from './parse-toml.ts';
import { reason } from './read-files.ts';
import { isSqliteFile } from './sqlite-file.ts';
import { parseMailbox } from './text.ts';
import { merge, valueAt } from './tree.ts';
import type { Tree } from './tree.ts';

/** What a configuration of acme-dns says in our words, and beside it what our own file has no words for. */
export interface AcmeDnsFile {
  /** In the shape of our file. */
  readonly tree: Tree;
  /** In which line a path of ours stands. */
  readonly lines: ReadonlyMap<string, number>;
  readonly faults: readonly DomainError[];
  readonly warnings: readonly string[];
  readonly beside: BesideTree;
}

export interface BesideTree {
  readonly database: AcmeDnsDatabase | undefined;
  /** Static records of other zones, by zone. */
  readonly otherZones: ReadonlyMap<DomainName, readonly string[]>;
  readonly tls: ApiTlsByAcme | undefined;
}

export interface AcmeDnsFileOptions {
  readonly file: string | undefined;
  readonly readRecord: ReadRecord | undefined;
  /** Whether this machine has IPv6. */
  readonly hasIPv6?: boolean;
}

/** The path of ours that each key of acme-dns becomes, where a fault may be found in it later. */
const OURS: Readonly<Record<string, string>> = {
  'general.domain': 'zone.name',
  'general.records': 'zone.records',
  'general.listen': 'dns.listen',
  'database.connection': 'database.url',
  'api.port': 'api.listen',
  'api.corsorigins': 'api.cors_origins',
  'api.tls_cert_fullchain': 'api.tls_cert',
  'api.tls_cert_privkey': 'api.tls_key',
};

/** Reads config.cfg of acme-dns. What acme-dns takes is taken, with a warning where it is probably not meant. */
export function readAcmeDnsFile(toml: TomlText, options: AcmeDnsFileOptions): AcmeDnsFile {
  const { file, readRecord, hasIPv6 = machineHasIPv6() } = options;
  const locate: Locate = (path) => placeOf(path, toml.lines, file);
  const { values, own, paths, warnings, faults } = readAcmeDnsKeys(toml.tree, locate);
  const notes = createNotes((key) => locate(paths.get(key) ?? [key.split('.')[0] ?? '']));
  const folders = ['.', ...(file === undefined ? [] : [dirname(file)])].map((folder) => resolve(folder));
  const domain = domainOf(values, notes);
  const records = domain && sortedRecords(values, domain, readRecord, notes);
  const database = databaseOf(values, folders, notes);
  const tls = domain && acmeDnsTls(values.api, domain, folders, notes);
  const tree: Tree = {
    ...(database?.engine === 'sqlite' && { data: join(dirname(database.file), 'evercert') }),
    zone: domain && { name: domain, ...soaOf(values, notes), records: records?.own ?? [] },
    dns: { listen: listenersOf(values, hasIPv6, notes) },
    api: acmeDnsApi(values.api, folders, hasIPv6, notes),
    ...(database?.engine === 'postgres' && { database: { url: database.url } }),
    log: acmeDnsLog(values.logconfig, folders, notes),
  };
  tellUnused(values, notes);
  tellOfProxies(values, own, notes);
  const lines = new Map(toml.lines);
  for (const [key, ours] of Object.entries(OURS)) {
    const line = toml.lines.get((paths.get(key) ?? []).join('.'));
    if (line !== undefined) lines.set(ours, line);
  }
  return {
    tree: merge(merge({}, tree), own),
    lines,
    faults: [...faults, ...notes.faults],
    warnings: [...warnings, ...notes.warnings],
    beside: { database, otherZones: records?.others ?? new Map(), tls },
  };
}

/** A message about a path of ours, in the words of acme-dns' file. */
export function inWordsOfAcmeDns(message: string): string {
  let text = message;
  for (const [key, ours] of Object.entries(OURS)) text = text.replaceAll(new RegExp(`\\b${ours}\\b`, 'g'), key);
  return text;
}

function placeOf(path: readonly PropertyKey[], lines: ReadonlyMap<string, number>, file = 'configuration'): string {
  for (let length = path.length; length > 0; length -= 1) {
    const line = lines.get(path.slice(0, length).map(String).join('.'));
    if (line !== undefined) return `${file}, line ${line}`;
  }
  return file;
}

function domainOf({ general: { domain = '' } }: AcmeDnsValues, notes: Notes): DomainName | undefined {
  if (domain !== '') return notes.take('general.domain', () => parseDomainName(domain));
  return notes.fault('general.domain', 'general.domain is missing; write the zone, as in domain = "auth.example.org"');
}

function soaOf({ general: { nsname = '', nsadmin = '' } }: AcmeDnsValues, notes: Notes): Tree {
  const instead = 'what evercert takes by itself stands in the SOA';
  return {
    nameserver: nsname === '' ? undefined : notes.tryTake('general.nsname', () => parseDomainName(nsname), instead),
    mailbox: nsadmin === '' ? undefined : notes.tryTake('general.nsadmin', () => parseMailbox(nsadmin), instead),
  };
}

function sortedRecords(
  { general: { records = [] } }: AcmeDnsValues,
  domain: DomainName,
  readRecord: ReadRecord | undefined,
  notes: Notes,
): SortedRecords {
  if (readRecord === undefined) return { own: records, others: new Map(), skipped: [] };
  const sorted = sortRecords(records, domain, readRecord);
  for (const { index, why } of sorted.skipped)
    notes.warn('general.records', `general.records[${index}] is left out: ${why}`);
  return sorted;
}

function databaseOf(
  { database: { engine = '', connection = '' } }: AcmeDnsValues,
  folders: readonly string[],
  notes: Notes,
): AcmeDnsDatabase | undefined {
  if (engine === '') {
    return notes.fault('database.engine', 'database.engine is missing; write engine = "sqlite" or engine = "postgres"');
  }
  if (connection === '') {
    return notes.fault(
      'database.connection',
      'database.connection is missing; write the file of the SQLite database, or the URL of the PostgreSQL one',
    );
  }
  const kind = notes.take('database.engine', () => acmeDnsEngine(engine));
  const database = kind && notes.take('database.connection', () => acmeDnsDatabase(kind, connection, folders));
  if (database?.engine === 'sqlite') checkFile(database.file, notes);
  return database;
}

/** A file that is something else is told before anything is made beside it. */
function checkFile(file: string, notes: Notes): void {
  if (!existsSync(file)) {
    const hint = 'start evercert where acme-dns was started, or write the whole path';
    notes.warn(
      'database.connection',
      `there is no ${file}, so an empty database is made there; if that is not meant, ${hint}`,
    );
    return;
  }
  try {
    if (isSqliteFile(file)) return;
    notes.fault(
      'database.connection',
      `database.connection names ${file}, which is no SQLite database; name that of acme-dns`,
    );
  } catch (error) {
    notes.fault('database.connection', `database.connection names ${file}, which cannot be read: ${reason(error)}`);
  }
}

function listenersOf(
  { general: { listen = '', protocol } }: AcmeDnsValues,
  hasIPv6: boolean,
  notes: Notes,
): readonly string[] | undefined {
  if (protocol === undefined) notes.warn('general.protocol', 'general.protocol is missing; UDP and TCP are served');
  if (notes.take('general.protocol', () => acmeDnsProtocol(protocol ?? 'both')) === undefined) return undefined;
  return notes.take('general.listen', () => acmeDnsListeners(listen, protocol ?? 'both', hasIPv6));
}

function tellUnused({ api, general }: AcmeDnsValues, notes: Notes): void {
  for (const key of ['api_domain', 'autocert_port'] as const) {
    if ((api[key] ?? '') !== '')
      notes.warn(`api.${key}`, `api.${key} has had no effect since acme-dns 0.8; leave it out`);
  }
  if (api.hsts_enabled === true)
    notes.warn(
      'api.hsts_enabled',
      'api.hsts_enabled has no effect: the API is called by programs, to which HSTS means nothing',
    );
  if (general.txt_limit !== undefined && general.txt_limit > 2)
    notes.warn(
      'general.txt_limit',
      'general.txt_limit is not needed: further values live for 10 minutes by themselves',
    );
}

/** acme-dns lets in whoever has one allowed address anywhere in the header, which a client can write itself. */
function tellOfProxies({ api }: AcmeDnsValues, own: Tree, notes: Notes): void {
  if (api.use_header !== true || (api.header_name ?? '') === '' || valueAt(own, 'api.trusted_proxies') !== undefined)
    return;
  const hint = 'with several proxies in a row, name them, as in trusted_proxies = ["192.0.2.0/24"] below [api]';
  notes.warn(
    'api.use_header',
    `of the addresses in ${api.header_name}, the last one counts, and not any of them as with acme-dns; ${hint}`,
  );
}

function machineHasIPv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'));
}
