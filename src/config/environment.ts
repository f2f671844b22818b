import { assertNever } from '../core/assert-never.ts';
import { nearest } from './did-you-mean.ts';
import { DomainError, messageOf } from '../core/error.ts';
import type { Kind } from './field.ts';
import { routesOf } from './routes.ts';
import { listed, sections } from './settings.ts';
import { merge, treeOf } from './tree.ts';
import type { Tree } from './tree.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'EVERCERT_';

/** Secrets have no key in the file. */
export const HMAC_KEY_VARIABLE = 'EVERCERT_ACME_EXTERNAL_ACCOUNT_HMAC_KEY';
export const DATABASE_PASSWORD_VARIABLE = 'EVERCERT_DATABASE_PASSWORD';

/** Names that mean something else than a key of the file. */
const OTHERS = ['EVERCERT_CONFIG', 'EVERCERT_DEBUG', HMAC_KEY_VARIABLE, DATABASE_PASSWORD_VARIABLE];

export interface SecretVariables {
  readonly hmacKey: string | undefined;
  readonly databasePassword: string | undefined;
}

export function readSecretVariables(environment: Environment): SecretVariables {
  return { hmacKey: environment[HMAC_KEY_VARIABLE], databasePassword: environment[DATABASE_PASSWORD_VARIABLE] };
}

export interface FromEnvironment {
  readonly tree: Tree;
  /** Which variable a path comes from. */
  readonly variables: ReadonlyMap<string, string>;
  readonly faults: readonly DomainError[];
}

/**
 * The settings that EVERCERT_* variables hold: `dns.listen` is EVERCERT_DNS_LISTEN. Lists are separated by commas, or by line ends when
 * there are any. A name that is nearly one of them is a fault; others are let be, since orchestrators add names of their own
 * (EVERCERT_SERVICE_HOST and the like).
 */
export function readEnvironment(environment: Environment): FromEnvironment {
  const known = new Map(settingVariables().map((variable) => [variable.name, variable]));
  const variables = new Map<string, string>();
  const faults: DomainError[] = [];
  let tree: Tree = {};
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || text === undefined || OTHERS.includes(name)) continue;
    const variable = known.get(name);
    if (variable === undefined) {
      const near = nearest(
        name.slice(PREFIX.length),
        [...known.keys(), ...OTHERS].map((one) => one.slice(PREFIX.length)),
      );
      if (near !== undefined)
        faults.push(wrong(`the environment has ${name}, which means nothing; did you mean ${PREFIX}${near}?`));
      continue;
    }
    try {
      tree = merge(tree, treeOf(variable.path, read(text, variable.kind)));
      variables.set(variable.path, name);
    } catch (error) {
      faults.push(wrong(`${name}: ${messageOf(error)}`));
    }
  }
  return { tree, variables, faults };
}

/** Every key that a variable can hold, for reading and for the docs. Tables that may be there several times only stand in a file. */
export function settingVariables(): { name: string; path: string; kind: Kind }[] {
  return Object.entries(sections).flatMap(([section, fields]) =>
    listed.has(section)
      ? []
      : Object.entries(fields).map(([key, { kind }]) => {
          const path = section === '' ? key : `${section}.${key}`;
          return { name: PREFIX + path.replaceAll('.', '_').toUpperCase(), path, kind };
        }),
  );
}

function read(text: string, kind: Kind): unknown {
  switch (kind) {
    case 'number':
      return /^\d+$/.test(text) ? Number(text) : text;
    case 'flag':
      return text === 'true' || (text === 'false' ? false : text);
    case 'list':
      return split(text);
    case 'routes':
      return routesOf(split(text));
    case 'text':
    case 'path':
      return text;
    default:
      return assertNever(kind);
  }
}

function split(text: string): string[] {
  return text
    .split(text.includes('\n') ? '\n' : ',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function wrong(message: string): DomainError {
  return new DomainError('invalid-config', message);
}
