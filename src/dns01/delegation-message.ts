import { assertNever } from '../core/assert-never.ts';
import type { DelegationProblem } from './delegation-fault.ts';
import { dotted } from './name-text.ts';

/** One sentence: what was seen where, and what to put where, word for word as it is to be typed. */
export function delegationMessage(problem: DelegationProblem): string {
  const { name, target } = problem;
  const record = `${dotted(name)}  CNAME  ${dotted(target)}`;
  const add = `add at your DNS provider:  ${record}`;
  const replace = `replace it at your DNS provider by:  ${record}`;
  switch (problem.fault) {
    case 'cname-missing':
      return `${name} has no CNAME in the zone ${problem.zone} (asked: ${problem.asked}${keeps(problem.resolverKeeps)}); ${add}`;
    case 'txt-in-the-way': {
      const records = problem.count === 1 ? 'a TXT record' : `${problem.count} TXT records`;
      return (
        `${name} has ${records} (asked: ${problem.asked}), and nothing may stand beside a CNAME; ` +
        `remove all TXT records at that name, then ${add}`
      );
    }
    case 'name-doubled':
      return (
        `the CNAME was made at ${dotted(problem.madeAt)}, since the provider appends ${problem.zone} to the name by itself; ` +
        `remove it, enter the name as "${relative(name, problem.zone)}", and so ${add}`
      );
    case 'target-appended':
      return (
        `the CNAME at ${problem.at} leads to ${dotted(problem.leadsTo)}: the provider appended ${problem.zone} to the target, ` +
        `since the dot at its end was missing; ${fixAt(problem.at, problem, replace)}`
      );
    case 'wrong-account':
      return (
        `the CNAME at ${problem.at} leads to ${dotted(problem.leadsTo)}, which is another name in the challenge zone ` +
        `${problem.challengeZone} and not the one of this domain; ${fixAt(problem.at, problem, replace)}`
      );
    case 'wrong-target':
      return `${name} leads elsewhere: ${path(problem.chain)} (asked: ${problem.asked}); ${replace}`;
    case 'dangling-target':
      return `${name} leads to a name that does not exist: ${path(problem.chain)} (asked: ${problem.asked}); ${replace}`;
    case 'wildcard-cname':
      return (
        `${name} has no record of its own, and the wildcard ${dotted(problem.wildcard)} CNAME ${dotted(problem.leadsTo)} ` +
        `answers for it; the wildcard may stay, ${add}`
      );
    case 'dname':
      return (
        `a DNAME at ${dotted(problem.owner)} moves ${name} to ${dotted(problem.leadsTo)}, where no record can be set beside it; ` +
        `add where that name is kept:  ${dotted(problem.leadsTo)}  CNAME  ${dotted(target)}`
      );
    case 'cname-loop':
      return `the CNAMEs from ${name} go round in a circle: ${path(problem.chain)}; ${replace}`;
    case 'chain-too-long':
      return (
        `more than ${problem.most} CNAMEs follow one another from ${name}, and a CA gives up then: ` +
        `${path([...problem.chain.slice(0, 3), '...'])}; ${replace}`
      );
    case 'not-on-all-servers':
      return (
        `the CNAME at ${problem.at} is right on ${problem.have}, but ${problem.lack} ${problem.lackingSays}; ` +
        `wait until the provider has copied the zone to all its servers, and they all must have:  ${record}`
      );
    case 'zone-not-found':
      return (
        `${problem.domain} does not exist in DNS, no zone holds it; ` +
        `check its spelling and its registration, make the zone at your DNS provider, then ${add}`
      );
    case 'zone-servers-failed':
      return problem.refused
        ? `no server of the zone ${problem.zone} answers for ${problem.at} (${problem.says}), so a CA would see an error; ` +
            `mend the zone at your DNS provider; there must be:  ${record}`
        : `no server of the zone ${problem.zone} can be reached to look at ${problem.at} (${problem.says}); ` +
            `check the NS records of the zone and that UDP and TCP port 53 are open from here; there must be:  ${record}`;
    case 'delegated-not-served':
      return (
        `NS records at ${dotted(problem.zone)} hand the name to servers that do not serve it (${problem.says}); ` +
        `remove these NS records, then ${add}`
      );
    case 'dnssec-broken':
      return (
        `DNSSEC of ${problem.at} is broken: the resolvers ${problem.resolvers} answer only when told not to check it, and a CA ` +
        `will refuse; mend the signatures, or the DS record at your registrar; there must be:  ${record}`
      );
    case 'resolver-failed':
      return (
        `the resolvers ${problem.resolvers} answer ${problem.says} for ${problem.at}, so its zone cannot be found; ` +
        `mend the zone at your DNS provider, or name other resolvers; there must be:  ${record}`
      );
    case 'resolvers-unreachable':
      return (
        `no resolver answers (${problem.resolvers}: ${problem.says}), so nothing could be seen of ${problem.at}; ` +
        `name resolvers that can be reached from here; there must be:  ${record}`
      );
    case 'target-not-delegated': {
      const zone = problem.challengeZone;
      return (
        `the CNAME of ${name} is right, but its target's zone ${zone} is not found${under(problem.parent)}; ` +
        `add at the DNS provider of ${problem.parent ?? `the zone above ${zone}`}:  ${dotted(zone)}  NS  ` +
        `<the name of the server that runs evercert or acme-dns>.`
      );
    }
    case 'target-not-served':
      return (
        `the CNAME of ${name} is right, but ${target} is not answered by the servers of ${problem.challengeZone} ` +
        `(${problem.says}); check that the server runs, and that UDP and TCP port 53 reach it from everywhere`
      );
    default:
      return assertNever(problem);
  }
}

function path(chain: readonly string[]): string {
  return chain.join(' -> ');
}

function keeps(seconds: number | undefined): string {
  return seconds === undefined ? '' : `, which may repeat this from memory for ${seconds} s after the CNAME is there`;
}

function under(parent: string | undefined): string {
  return parent === undefined ? '' : ` under ${parent}`;
}

/** The name as the form of a provider wants it that appends the zone by itself. */
function relative(name: string, zone: string): string {
  return name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : name;
}

/** The record at fault may be a later one of the chain, and then that one must change. */
function fixAt(at: string, problem: DelegationProblem, replace: string): string {
  if (at === problem.name) return replace;
  return `replace it at your DNS provider by:  ${dotted(at)}  CNAME  ${dotted(problem.target)}`;
}
