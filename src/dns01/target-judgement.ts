import type { MistakeProbe } from './classic-mistakes.ts';
import type { Found } from './delegation-fault.ts';
import { above, isAtOrBelow } from './name-text.ts';
import type { NameView } from './name-view.ts';
import type { Sighting } from './sighting.ts';
import { unseenFault } from './unseen-fault.ts';

/**
 * The chain is right; whether the target is answered by the servers of its zone, with TXT or still without. Undefined: it is.
 * @throws only when the signal aborts
 */
export async function judgeTarget(
  view: NameView,
  about: { readonly name: string; readonly target: string; readonly probe: MistakeProbe },
  signal: AbortSignal,
): Promise<Found | undefined> {
  const { name, target, probe } = about;
  const challengeZone = above(target);
  if (view.kind === 'absent') return { fault: 'target-not-delegated', challengeZone, parent: undefined };
  // Where NS records hand over the very name, its servers are the fault.
  if (view.kind === 'no-server' && target !== name) {
    return { fault: 'target-not-served', challengeZone: view.zone, says: view.says };
  }
  if (view.kind !== 'seen') return unseenFault(name, target, view);
  for (const sighting of view.sightings) {
    const { look, zone, server } = sighting;
    if (look.kind === 'cname') {
      const says = `${server} has a CNAME there, to ${look.target}`;
      return { fault: 'target-not-served', challengeZone: zone, says };
    }
    const owner = (look.kind === 'txt' ? undefined : look.zone) ?? zone;
    if (!(await answersInPlace(owner, sighting))) continue;
    return { fault: 'target-not-delegated', challengeZone, parent: owner };
  }
  return undefined;

  /** Whether a zone above the challenge zone answers in its place, since the NS records for it are missing there. */
  async function answersInPlace(owner: string, sighting: Sighting): Promise<boolean> {
    const isAbove = owner !== challengeZone && owner !== target && isAtOrBelow(challengeZone, owner);
    if (!isAbove) return false;
    // acme-dns answers NXDOMAIN for a registered name without values, but then as the challenge zone itself.
    if (sighting.look.kind === 'nxdomain' || sighting.at === undefined) return true;
    // A zone may keep its labels deeper down. Where any name there is answered the same, a wildcard answers.
    return !(await probe.isAbsent(`evercert-looks.${challengeZone}`, sighting, signal));
  }
}
