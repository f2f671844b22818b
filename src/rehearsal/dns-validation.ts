import type { Clock } from '../core/clock.ts';
import type { DomainName } from '../core/domain-name.ts';
import { DomainError } from '../core/error.ts';
import { query } from '../dns/query.ts';
import type { NameServer, Reply } from '../dns/query.ts';
import type { ResourceRecord } from '../dns/record.ts';
import type { Problem } from './problem.ts';

/** As many aliases in a row as public resolvers follow at least. */
const MOST_ALIASES = 8;
const ASK_AGAIN_AFTER = 250;

/**
 * Looks for the answer to a DNS-01 challenge (RFC 8555 section 8.4): a TXT record at `name` whose whole text is `digest`. Aliases
 * are followed here, with fresh questions where the server told only the alias. undefined means found.
 */
export async function validateDns01(o: {
  name: DomainName;
  digest: string;
  resolver: NameServer;
  /** A server that cannot be reached is asked again for so long (ms), as resolvers do. */
  patience: number;
  clock: Clock;
  signal: AbortSignal;
}): Promise<Problem | undefined> {
  const found = await findTxt(o);
  if (!Array.isArray(found)) return found;
  if (found.includes(o.digest)) return undefined;
  const [first] = found;
  if (first === undefined) return unauthorized(`No TXT record found at ${o.name}`);
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  const shown = first.length > 100 ? `${first.slice(0, 100)}...` : first;
  return unauthorized(`Incorrect TXT record "${shown}"${more} found at ${o.name}`);
}

/** All TXT texts at the end of the aliases, or why there are none. */
async function findTxt(o: {
  name: DomainName;
  resolver: NameServer;
  patience: number;
  clock: Clock;
  signal: AbortSignal;
}): Promise<string[] | Problem> {
  const until = o.clock.now() + o.patience;
  const seen = new Set<string>([o.name]);
  let name: string = o.name;
  for (;;) {
    const reply = await ask(name, o, until);
    if ('type' in reply) return reply;
    // One answer may hold several aliases in a row, in any order.
    let end = name;
    for (let target = aliasOf(reply.answers, end); target !== undefined; target = aliasOf(reply.answers, end)) {
      if (seen.has(target)) return dnsProblem(`the CNAMEs of ${o.name} run in a circle at ${target}`);
      if (seen.size > MOST_ALIASES)
        return dnsProblem(`there are more than ${MOST_ALIASES} CNAMEs in a row from ${o.name}`);
      seen.add(target);
      end = target;
    }
    if (reply.rcode !== 'NOERROR') return lookupProblem(o.name, end, reply.rcode);
    const texts = reply.answers.flatMap((record) =>
      record.type === 'TXT' && sameName(record.name, end) ? [textOf(record.strings)] : [],
    );
    if (texts.length > 0 || end === name) return texts;
    name = end;
  }
}

async function ask(
  name: string,
  { resolver, clock, signal }: { resolver: NameServer; clock: Clock; signal: AbortSignal },
  until: number,
): Promise<Reply | Problem> {
  for (;;) {
    try {
      return await query({ name, type: 'TXT' }, resolver, { signal, recursionDesired: true });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const mayRecover = error.code === 'dns-unreachable' && clock.now() < until;
      if (!mayRecover) return dnsProblem(`the look-up of TXT for ${name} failed: ${error.message}`);
      await clock.sleep(ASK_AGAIN_AFTER, signal);
    }
  }
}

function aliasOf(answers: readonly ResourceRecord[], name: string): string | undefined {
  for (const record of answers) {
    if (record.type === 'CNAME' && sameName(record.name, name)) return record.target.toLowerCase();
  }
  return undefined;
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The strings of one record belong together (RFC 8555 section 8.4 by RFC 1035 section 3.3.14). */
function textOf(strings: readonly Uint8Array[]): string {
  return Buffer.concat(strings).toString('latin1');
}

function lookupProblem(asked: string, name: string, rcode: string): Problem {
  const via = asked === name ? '' : ` (which ${asked} leads to)`;
  const hint = rcode === 'NXDOMAIN' ? '; check that a DNS record exists for this name' : '';
  return dnsProblem(`DNS problem: ${rcode} looking up TXT for ${name}${via}${hint}`);
}

function dnsProblem(detail: string): Problem {
  return { type: 'dns', detail, status: 400 };
}

function unauthorized(detail: string): Problem {
  return { type: 'unauthorized', detail, status: 403 };
}
