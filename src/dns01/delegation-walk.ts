import { assertNever } from '../core/assert-never.ts';
import { appendedZone, type MistakeProbe } from './classic-mistakes.ts';
import type { DelegationProblem, Found } from './delegation-fault.ts';
import { above, isAtOrBelow } from './name-text.ts';
import type { NameView } from './name-view.ts';
import type { Fallback, Viewer } from './viewer.ts';
import { groupSightings, shownServers, type Sighting, type SolidLook } from './sighting.ts';
import { judgeTarget } from './target-judgement.ts';
import { unseenFault } from './unseen-fault.ts';

export type Verdict = { kind: 'ready' } | { kind: 'fault'; problem: DelegationProblem };

/** A walk and what was met on the way. */
export interface Walk {
  readonly verdict: Verdict;
  /** The names from the first to the last one looked at, along the way that counted. */
  readonly chain: readonly string[];
  readonly warnings: readonly string[];
  /** How the first name was seen; undefined when it was not. */
  readonly via: 'authorities' | 'by-hand' | 'resolvers' | undefined;
}

/** One CNAME that was followed. */
interface Hop {
  readonly from: string;
  readonly to: string;
  readonly dname: string | undefined;
  readonly seen: Sighting;
}

/** CNAMEs that may follow one another; resolvers of CAs give up not far above it. */
const MOST_HOPS = 8;

/** Follows the CNAMEs from `name` until they lead to `target` or nowhere. All canonical. @throws only when the signal aborts */
export async function walkDelegation(
  name: string,
  target: string,
  tools: { readonly viewer: Viewer; readonly probe: MistakeProbe },
  signal: AbortSignal,
): Promise<Walk> {
  const { viewer, probe } = tools;
  const warnings = new Set<string>();
  let chain: readonly string[] = [name];
  let via: Walk['via'];
  const challengeZone = above(target);

  const fault = (found: Found): Verdict => ({ kind: 'fault', problem: { name, target, ...found } });

  async function look(at: string, fallback: Fallback): Promise<NameView> {
    const view = await viewer.view(at, fallback, signal);
    if (view.kind === 'seen') {
      for (const warning of view.warnings) warnings.add(warning);
      via ??= view.via;
    }
    return view;
  }

  async function follow(at: string, hops: readonly Hop[]): Promise<Verdict> {
    chain = [name, ...hops.map((hop) => hop.to)];
    if (at === target) {
      const found = await judgeTarget(await look(target, 'zone'), { name, target, probe }, signal);
      return found === undefined ? { kind: 'ready' } : fault(found);
    }
    if (hops.some((hop) => hop.from === at)) return await elsewhere(hops, { kind: 'loop' });
    if (hops.length >= MOST_HOPS) return await elsewhere(hops, { kind: 'long' });
    const view = await look(at, 'name');
    if (view.kind !== 'seen') return fault(unseenFault(name, at, view));
    const verdicts: { verdict: Verdict; group: readonly [Sighting, ...Sighting[]] }[] = [];
    for (const group of groupSightings(view.sightings)) {
      verdicts.push({ verdict: await followOne(at, hops, group, view), group });
    }
    const ready = verdicts.filter(({ verdict }) => verdict.kind === 'ready');
    const lacking = verdicts.filter(({ verdict }) => verdict.kind !== 'ready');
    const [worst] = lacking;
    if (worst === undefined) return { kind: 'ready' };
    if (ready.length === 0) return worst.verdict;
    return fault({
      fault: 'not-on-all-servers',
      at,
      have: shownServers(ready.flatMap(({ group }) => group)),
      lack: shownServers(lacking.flatMap(({ group }) => group)),
      lackingSays: shownLook(worst.group[0].look),
    });
  }

  async function followOne(
    at: string,
    hops: readonly Hop[],
    group: readonly [Sighting, ...Sighting[]],
    view: Extract<NameView, { kind: 'seen' }>,
  ): Promise<Verdict> {
    const [seen] = group;
    const { look: found } = seen;
    if (found.kind === 'cname') {
      return await follow(found.target, [...hops, { from: at, to: found.target, dname: found.dname, seen }]);
    }
    const asked = shownServers(group);
    if (hops.length > 0) return await elsewhere(hops, { kind: 'end', look: found, asked });
    return await nothingThere(found, seen, asked, view);
  }

  /** The first name has no CNAME at all. */
  async function nothingThere(
    found: Exclude<SolidLook, { kind: 'cname' }>,
    seen: Sighting,
    asked: string,
    view: Extract<NameView, { kind: 'seen' }>,
  ): Promise<Verdict> {
    if (found.kind === 'txt') return fault({ fault: 'txt-in-the-way', count: found.values.length, asked });
    const madeAt = await probe.doubledName(name, seen, signal);
    if (madeAt !== undefined) return fault({ fault: 'name-doubled', madeAt, zone: seen.zone });
    const domain = above(name);
    // A zone of one label may be a private one, such as lan., and then its hosts do exist.
    const isPublicSuffix = !seen.zone.includes('.') && seen.zone !== domain;
    if (isPublicSuffix && (await probe.isAbsent(domain, seen, signal)))
      return fault({ fault: 'zone-not-found', domain });
    return fault({
      fault: 'cname-missing',
      zone: seen.zone,
      asked,
      resolverKeeps: view.via === 'resolvers' ? found.ttl : undefined,
    });
  }

  /** There are CNAMEs, and they do not lead to the target: the record that is most likely at fault is named. */
  async function elsewhere(
    hops: readonly Hop[],
    end: { kind: 'loop' } | { kind: 'long' } | { kind: 'end'; look: SolidLook; asked: string },
  ): Promise<Verdict> {
    for (const { from, to } of hops) {
      const zone = appendedZone(from, to, target);
      if (zone !== undefined) return fault({ fault: 'target-appended', at: from, leadsTo: to, zone });
    }
    const [first] = hops;
    const last = hops.at(-1);
    if (first === undefined || last === undefined) throw new Error('a chain without CNAMEs leads nowhere else');
    const redirected = hops.find((hop) => hop.dname !== undefined);
    if (redirected?.dname !== undefined)
      return fault({ fault: 'dname', owner: redirected.dname, leadsTo: redirected.to });
    const wildcard = await probe.wildcardOf(first.from, first.to, first.seen, signal);
    if (wildcard !== undefined) return fault({ fault: 'wildcard-cname', wildcard, leadsTo: first.to });
    const names = [name, ...hops.map((hop) => hop.to)];
    if (end.kind === 'loop') return fault({ fault: 'cname-loop', chain: names });
    if (end.kind === 'long') return fault({ fault: 'chain-too-long', chain: names, most: MOST_HOPS });
    if (last.to !== challengeZone && isAtOrBelow(last.to, challengeZone)) {
      return fault({ fault: 'wrong-account', at: last.from, leadsTo: last.to, challengeZone });
    }
    const kind = end.look.kind === 'nxdomain' ? 'dangling-target' : 'wrong-target';
    return fault({ fault: kind, chain: names, asked: end.asked });
  }

  const verdict = await follow(name, []);
  return { verdict, chain, warnings: [...warnings], via };
}

function shownLook(look: SolidLook): string {
  switch (look.kind) {
    case 'cname':
      return `still says ${look.target}`;
    case 'txt':
      return 'still has TXT records there';
    case 'nodata':
    case 'nxdomain':
      return 'does not have it yet';
    default:
      return assertNever(look);
  }
}
