import { isTest } from './rules.ts';
import { sourceFiles } from './source-files.ts';

const CONSTRUCTED = /new (?:DomainErrors?|AcmeError|KubeError)\(\s*([^,`]*)/g;
const AS_FIELD = /\bcode: '([a-z][a-z-]*)'/g;
const LITERAL = /'([a-z]+(?:-[a-z]+)*)'/g;
/** Codes of one family also go through functions of their own. */
const FAMILY = /'(acme-[a-z]+(?:-[a-z]+)*)'/g;
const FAULT = /\bfault: '([a-z]+(?:-[a-z]+)*)'/g;

/** Every code that an error of the program can have, by the literals in src/. */
export function errorCodes(): Set<string> {
  const found = programTexts().flatMap((text) => [
    ...[...text.matchAll(CONSTRUCTED)].flatMap(([, first = '']) => literals(first, LITERAL)),
    ...literals(text, AS_FIELD),
    ...literals(text, FAMILY),
  ]);
  return new Set(found.filter((code) => !NOT_CODES.has(code)));
}

/** Every fault of a delegation. */
export function delegationFaults(): Set<string> {
  return new Set(programTexts().flatMap((text) => literals(text, FAULT)));
}

/** Whether a text stands anywhere in src/ as a literal of its own. */
export function isLiteral(code: string): boolean {
  return programTexts().some((text) => text.includes(`'${code}'`));
}

/** A `code` of zod's, which means something else. */
const NOT_CODES = new Set(['custom']);

function programTexts(): string[] {
  return sourceFiles('src')
    .filter(({ path }) => !isTest(path))
    .map(({ text }) => text);
}

function literals(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, literal]) => (literal === undefined ? [] : [literal]));
}
