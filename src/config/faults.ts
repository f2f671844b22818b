import type * as z from 'zod/mini';
import { DomainError } from '../core/error.ts';
import { nearest } from './did-you-mean.ts';
import type { Field, Raw } from './field.ts';
import { quoted, tomlText } from './field.ts';
import { isSection, listed, sections } from './settings.ts';

type Path = readonly PropertyKey[];

/** Where a path was written, such as `evercert.toml, line 3`; undefined when nowhere. */
export type Locate = (path: Path) => string;

/** One sentence for each fault: where, which key, what is wrong, what to write. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], locate: Locate): DomainError[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => fault(locate([...issue.path, key]), unknownKey(issue.path, key)))
      : [fault(locate(issue.path), `${pathText(issue.path)} ${describe(issue)}`)],
  );
}

export function fault(where: string, what: string): DomainError {
  return new DomainError('invalid-config', where === '' ? what : `${where}: ${what}`);
}

/** `dns.listen[1]`, as people write it. */
export function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom') return `cannot be used: ${issue.message}`;
  const hint = exampleHint(issue.path);
  if (issue.code !== 'invalid_type') return `cannot be used: ${issue.message}${hint}`;
  if (issue.input === undefined) return `is missing${hint}`;
  return `must be ${EXPECTED[issue.expected] ?? issue.expected}, but is ${typeText(issue.input)}${hint}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text in quotes',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list in square brackets',
  object: 'a table',
  record: 'a table',
};

function typeText(value: unknown): string {
  if (typeof value === 'string') return 'a text in quotes';
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number';
  if (typeof value === 'boolean') return 'true or false';
  if (Array.isArray(value)) return 'a list';
  return value instanceof Date ? 'a date' : 'a table';
}

function exampleHint(path: Path): string {
  const names = path.filter((part) => typeof part === 'string');
  for (let length = names.length; length > 0; length -= 1) {
    const field = fieldAt(names.slice(0, length).join('.'));
    if (field !== undefined) return `; write for example ${names[length - 1]} = ${tomlText(exampleOf(field))}`;
  }
  const section = names.join('.');
  if (!isSection(section)) return '';
  return `; write ${listed.has(section) ? `[[${section}]]` : `[${section}]`} on a line of its own, and the keys below it`;
}

function exampleOf({ example, preset }: Field): Raw {
  return preset !== undefined && !['[]', '{}'].includes(tomlText(preset)) ? preset : example;
}

function unknownKey(path: Path, key: string): string {
  const names = path.filter((part) => typeof part === 'string');
  const section = names.join('.');
  if (section === 'acme.external_account' && key.startsWith('hmac')) {
    return 'acme.external_account has a key in it, and this file is no place for secrets; put the key into a file of its own (0600) and name that as hmac_key_file';
  }
  const known = keysOf(section);
  const near = nearest(key, known);
  const shown = pathText([...path, quoted(key).slice(1, -1)]);
  if (near !== undefined) return `${shown} is not a key that evercert knows; did you mean ${near}?`;
  const home = elsewhere(key, section);
  if (home !== undefined) return `${shown} is not a key that evercert knows; it belongs below [${home}]`;
  return `${shown} is not a key that evercert knows; here can stand: ${known.join(', ')}`;
}

/** Another table that has just this key. */
function elsewhere(key: string, section: string): string | undefined {
  const homes = Object.entries(sections).filter(
    ([name, fields]) => name !== section && name !== '' && Object.hasOwn(fields, key),
  );
  return homes.length === 1 ? homes[0]?.[0] : undefined;
}

/** Keys and tables that may stand in a table. */
function keysOf(section: string): string[] {
  const fields = isSection(section) ? Object.keys(sections[section]) : [];
  const prefix = section === '' ? '' : `${section}.`;
  const tables = Object.keys(sections)
    .filter((name) => name !== '' && name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((name) => name !== '' && !name.includes('.'));
  return [...fields, ...tables];
}

function fieldAt(path: string): Field | undefined {
  const dot = path.lastIndexOf('.');
  const section = dot < 0 ? '' : path.slice(0, dot);
  const fields: Readonly<Record<string, Field>> = isSection(section) ? sections[section] : {};
  const key = path.slice(dot + 1);
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}
