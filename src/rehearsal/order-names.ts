import { baseName, parentOf, parseCertificateName } from '../core/domain-name.ts';
import type { CertificateName } from '../core/domain-name.ts';
import { messageOf } from '../core/error.ts';
import { asObject } from './jws-verification.ts';
import { malformed, Refusal } from './problem.ts';
import type { Identifier, Problem } from './problem.ts';

/** As many names as Let's Encrypt takes in one order. */
const MOST_NAMES = 100;

/** The names of a new order (RFC 8555 section 7.4). @throws Refusal with one subproblem for each identifier that is not taken */
export function parseOrderNames(identifiers: unknown): CertificateName[] {
  if (!Array.isArray(identifiers) || identifiers.length === 0)
    throw malformed('"identifiers" must be a list with at least one entry');
  if (identifiers.length > MOST_NAMES) {
    throw malformed(
      `the order is for ${identifiers.length} names, and cannot contain more than ${MOST_NAMES} identifiers`,
    );
  }
  const problems: Problem[] = [];
  const names: CertificateName[] = [];
  for (const identifier of identifiers.map(parseIdentifier)) {
    const result = judge(identifier);
    if (typeof result === 'string') names.push(result);
    else problems.push(result);
  }
  refuse(problems);
  checkTogether(names);
  return names;
}

function parseIdentifier(entry: unknown): Identifier {
  const { type, value } = asObject(entry, 'an identifier is not an object');
  if (typeof type !== 'string' || typeof value !== 'string') throw malformed('an identifier lacks "type" or "value"');
  return { type, value };
}

function judge(identifier: Identifier): CertificateName | Problem {
  const rejected = (detail: string): Problem => ({ type: 'rejectedIdentifier', detail, status: 400, identifier });
  if (identifier.type !== 'dns') {
    const detail = `identifiers of type "${identifier.type}" are not supported; this CA certifies DNS names only`;
    return { type: 'unsupportedIdentifier', detail, status: 400, identifier };
  }
  try {
    const name = parseCertificateName(identifier.value);
    if (name !== identifier.value) return rejected(`"${identifier.value}" must be sent as "${name}"`);
    return name;
  } catch (error) {
    return rejected(messageOf(error));
  }
}

function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  if (problems.length === 1) throw new Refusal(first);
  const detail = `${problems.length} of the identifiers are not taken; first: ${first.detail}`;
  throw new Refusal({ type: first.type, detail, status: 400, subproblems: problems });
}

/** No name twice, and none that a wildcard of the same order covers already: what a public CA refuses too. */
function checkTogether(names: readonly CertificateName[]): void {
  const all = new Set<string>(names);
  if (all.size < names.length) throw malformed('a name stands twice in the order');
  for (const name of names) {
    const parent = parentOf(baseName(name));
    if (!name.startsWith('*.') && parent !== undefined && all.has(`*.${parent}`)) {
      throw malformed(`"${name}" is redundant with "*.${parent}" in the same order; leave one of them out`);
    }
  }
}
