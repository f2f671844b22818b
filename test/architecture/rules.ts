import { posix } from 'node:path';
import { importsOf } from './imports.ts';
import type { Import, SourceFile } from './imports.ts';

/** A row of the import table in ARCHITECTURE.md. */
export interface Room {
  readonly mayImport: ReadonlyMap<string, 'all' | 'types'>;
  /** The room's invariant, for the message. */
  readonly law: string;
}

export type Rooms = ReadonlyMap<string, Room>;

/** `| dns01 | core, dns, issuance (types) | law |` */
export function readRooms(markdown: string): Rooms {
  const rows = [...markdown.matchAll(/^\| `(\w+)\/` \| ([^|]*) \| ([^|]*) \|$/gm)];
  return new Map(
    rows.map(([, name = '', imports = '', law = '']) => [
      name,
      {
        law: law.trim(),
        mayImport: new Map(
          [...imports.matchAll(/(\w+)( \(types\))?(?:,|\s*$)/g)].map(([, room = '', types]) => [
            room,
            types === undefined ? 'all' : 'types',
          ]),
        ),
      },
    ]),
  );
}

/** Packages and parts of Node that belong to few rooms. Types of them may go anywhere. */
const ONLY_IN: readonly (readonly [specifier: RegExp, rooms: readonly string[]])[] = [
  [/^(node:sqlite|pg)$/, ['store']],
  [/^node:dgram$/, ['dns']],
  // dns/ answers in threads of its own; acmedns/ computes bcrypt in one.
  [/^node:worker_threads$/, ['dns', 'acmedns']],
  // standalone/ runs what is told of new files; kube/ the program by which a kubeconfig logs in.
  [/^node:child_process$/, ['standalone', 'kube']],
  [/^(node:https?|hono|@hono\/.*)$/, ['http', 'rehearsal']],
  [/^(pino|@prometheus-io\/client)$/, ['telemetry']],
  [/^undici$/, ['acme', 'dns01', 'kube']],
  [/^smol-toml$/, ['config']],
  [/^commander$/, ['cli']],
];

/** What tests beside a file, and their fixtures, may use on top of the room's own permissions. */
const FOR_TESTS = ['core', 'files', 'pki', 'dns', 'telemetry', 'issuance'];
const FORBIDDEN_NAME = /^(?:.*-)?(?:utils?|helpers?|common|misc|managers?|services?|index)$/;

export function isTest(path: string): boolean {
  return /\.(test|fixture)\.ts$|\/testing\//.test(path);
}

/** Every breach of the rules, as a sentence. */
export function findBreaches(files: readonly SourceFile[], rooms: Rooms): string[] {
  const imports = files.flatMap(importsOf);
  return [
    ...files.flatMap((file) => breachesOfFile(file, rooms)),
    ...imports.flatMap((one) => breachesOfImport(one, rooms)),
    ...unusedPermissions(imports, rooms),
  ];
}

function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path.replace(/\.ts$/, '');
}

function breachesOfFile({ path, text }: SourceFile, rooms: Rooms): string[] {
  const room = roomOf(path);
  const breaches: string[] = [];
  const name = posix.basename(path).replace(/(\.test|\.fixture)?\.ts$/, '');
  if (room !== 'main' && !rooms.has(room)) breaches.push(`${path}: ${room}/ is no room of ARCHITECTURE.md`);
  if (FORBIDDEN_NAME.test(name)) breaches.push(`${path}: name the file for the one thing that it exports`);
  if (/^export (default\b|\{[^}]*\bas default\b)/m.test(text)) breaches.push(`${path}: no default exports`);
  if (/^export \* /m.test(text)) breaches.push(`${path}: no barrels; import from where a thing is`);
  if (room === 'main' && text.trim().split('\n').length > 10) breaches.push(`${path}: it only calls run()`);
  return breaches;
}

function breachesOfImport({ file, specifier, isType }: Import, rooms: Rooms): string[] {
  const room = roomOf(file);
  const law = rooms.get(room)?.law ?? '';
  if (specifier === '(unknown)') return isTest(file) ? [] : [`${file}: an import() must name its file in quotes`];
  if (!specifier.startsWith('.')) {
    const owners = ONLY_IN.find(([pattern]) => pattern.test(specifier))?.[1];
    if (isType || isTest(file) || owners === undefined || owners.includes(room)) return [];
    return [`${file} imports ${specifier}, which only ${owners.map((one) => `${one}/`).join(' and ')} may. ${law}`];
  }
  const target = posix.normalize(posix.join(posix.dirname(file), specifier));
  if (target.startsWith('..'))
    return isTest(file) || specifier.endsWith('.json') ? [] : [`${file} imports ${specifier}, outside of src/`];
  const to = roomOf(target);
  if (to === room)
    return !isTest(file) && isTest(target) ? [`${file} imports ${target}, which is there for tests`] : [];
  if (room === 'main') return to === 'cli' ? [] : [`${file} imports ${target}; it only calls run() of cli/`];
  const permission = rooms.get(room)?.mayImport.get(to);
  if (permission === 'all' || (permission === 'types' && isType)) return [];
  if (isTest(file) && (permission !== undefined || FOR_TESTS.includes(to))) return [];
  const what = permission === 'types' ? `${target}, of which only types are allowed` : target;
  return [`${file} imports ${what}. ${room}/: ${law}`];
}

function unusedPermissions(imports: readonly Import[], rooms: Rooms): string[] {
  const used = new Map<string, 'all' | 'types'>();
  for (const { file, specifier, isType } of imports) {
    if (isTest(file) || !specifier.startsWith('.')) continue;
    const pair = `${roomOf(file)} ${roomOf(posix.normalize(posix.join(posix.dirname(file), specifier)))}`;
    if (!isType || !used.has(pair)) used.set(pair, isType ? 'types' : 'all');
  }
  return [...rooms].flatMap(([room, { mayImport }]) =>
    [...mayImport].flatMap(([to, permission]) => {
      const use = used.get(`${room} ${to}`);
      if (use === undefined)
        return [`${room}/ may import ${to}/ by ARCHITECTURE.md, and does not: take the permission away`];
      return permission === 'all' && use === 'types' && to !== 'core'
        ? [`${room}/ uses only types of ${to}/: write "${to} (types)" in ARCHITECTURE.md`]
        : [];
    }),
  );
}
