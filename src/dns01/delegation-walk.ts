import { assertNever } from '../core/assert-never.ts';
import { appendedZone, type MistakeProbe } from './classic-mistakes.ts';
import type { DelegationProblem } from './delegation-fault.ts';
import { above, isAtOrBelow, listed } from './name-text.ts';
import type { Fallback, NameView, Viewer } from './name-view.ts';
import { groupSightings, shownServers, type Sighting, type SolidLook } from './sighting.ts';

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
export const MOST_HOPS = 8;

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

  type Fault = DelegationProblem extends infer P
    ? P extends DelegationProblem
      ? Omit<P, 'name' | 'target'>
      : never
    : never;
  const fault = (problem: Fault): Verdict => ({
    kind: 'fault',
    problem: { name, target, ...problem } as DelegationProblem,
  });

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
    if (at === target) return await checkTarget();
    if (hops.some((hop) => hop.from === at)) return await elsewhere(hops, { kind: 'loop' });
    if (hops.length >= MOST_HOPS) return await elsewhere(hops, { kind: 'long' });
    const view = await look(at, 'name');
    if (view.kind !== 'seen') return unseen(at, view);
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

  /** The chain is right; now the target must be answered by the servers of its zone, with TXT or still without. */
  async function checkTarget(): Promise<Verdict> {
    const view = await look(target, 'zone');
    if (view.kind === 'absent') return fault({ fault: 'target-not-delegated', challengeZone, parent: undefined });
    if (view.kind === 'no-server' && target === name) return unseen(target, view);
    if (view.kind === 'no-server') {
      return fault({ fault: 'target-not-served', challengeZone: view.zone, says: view.says });
    }
    if (view.kind !== 'seen') return unseen(target, view);
    for (const { look: found, zone, at, server } of view.sightings) {
      if (found.kind === 'txt') continue;
      if (found.kind === 'cname') {
        const says = `${server} has a CNAME there, to ${found.target}`;
        return fault({ fault: 'target-not-served', challengeZone: zone, says });
      }
      // A zone above the challenge zone answers in its place: the NS records for it are missing there.
      const owner = found.zone ?? zone;
      const isAbove = owner !== challengeZone && owner !== target && isAtOrBelow(challengeZone, owner);
      if (!isAbove) continue;
      // acme-dns answers NXDOMAIN for a registered name without values, but then as the challenge zone itself.
      const sibling = `evercert-looks.${challengeZone}`;
      const isCertain = found.kind === 'nxdomain' || at === undefined;
      const exists = !isCertain && (await probe.isAbsent(sibling, { server, at, zone, look: found }, signal));
      if (!exists) return fault({ fault: 'target-not-delegated', challengeZone, parent: owner });
    }
    return { kind: 'ready' };
  }

  function unseen(at: string, view: Exclude<NameView, { kind: 'seen' }>): Verdict {
    switch (view.kind) {
      case 'absent':
        return fault({ fault: 'zone-not-found', domain: at === name ? above(name) : at });
      case 'no-server': {
        const { zone, says, refused } = view;
        if (view.delegated && zone === at) return fault({ fault: 'delegated-not-served', zone, says });
        return fault({ fault: 'zone-servers-failed', at, zone, refused, says });
      }
      case 'resolvers-failed': {
        const { asked, outcome } = view;
        const resolvers = listed(outcome.resolvers);
        if (outcome.kind === 'unreachable') {
          return fault({ fault: 'resolvers-unreachable', at: asked, resolvers, says: outcome.says });
        }
        if (outcome.dnssec) return fault({ fault: 'dnssec-broken', at: asked, resolvers });
        return fault({ fault: 'resolver-failed', at: asked, resolvers, says: outcome.says });
      }
      default:
        return assertNever(view);
    }
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
