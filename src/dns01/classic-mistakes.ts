import type { NameServer } from '../dns/query.ts';
import type { Ask } from './ask.ts';
import { readLook, upwards } from './look.ts';
import { isAtOrBelow } from './name-text.ts';
import type { Sighting } from './sighting.ts';

/** Looks for records that people make by mistake, at the servers that were seen to answer for the zone. Never throws but for an abort. */
export interface MistakeProbe {
  /** `_acme-challenge.example.org.example.org`: the whole name typed into a form that appends the zone. */
  doubledName(name: string, seen: Sighting, signal: AbortSignal): Promise<string | undefined>;
  /** The wildcard that makes up the CNAME at `name`, such as `*.example.org`. */
  wildcardOf(name: string, leadsTo: string, seen: Sighting, signal: AbortSignal): Promise<string | undefined>;
  /** Whether the server says that a name does not exist at all. */
  isAbsent(name: string, seen: Sighting, signal: AbortSignal): Promise<boolean>;
}

const TIMEOUT = 2000;

export function createMistakeProbe(ask: Ask): MistakeProbe {
  async function look(name: string, at: NameServer, signal: AbortSignal) {
    try {
      const reply = await ask({ name, type: 'CNAME' }, at, { signal, timeout: TIMEOUT, recursionDesired: false });
      return readLook(name, reply, { authority: false });
    } catch {
      // A probe only serves to say more: without it the plain fault is told.
      signal.throwIfAborted();
      return undefined;
    }
  }

  return {
    async doubledName(name, seen, signal) {
      const doubled = `${name}.${seen.zone}`;
      if (seen.at === undefined || doubled.length > 253) return undefined;
      const found = await look(doubled, seen.at, signal);
      // A wildcard would answer for any name there.
      if (found?.kind !== 'cname') return undefined;
      const wildcard = await this.wildcardOf(doubled, found.target, seen, signal);
      return wildcard === undefined ? doubled : undefined;
    },
    async wildcardOf(name, leadsTo, seen, signal) {
      const { at, zone } = seen;
      if (at === undefined) return undefined;
      // From the apex down: below a wildcard, `*.` of any name is answered by that wildcard too.
      const parents = upwards(name)
        .slice(1)
        .filter((parent) => isAtOrBelow(parent, zone));
      for (const parent of parents.toReversed()) {
        const wildcard = `*.${parent}`;
        const found = await look(wildcard, at, signal);
        if (found?.kind === 'cname' && found.target === leadsTo) return wildcard;
      }
      return undefined;
    },
    async isAbsent(name, seen, signal) {
      if (seen.at === undefined) return false;
      return (await look(name, seen.at, signal))?.kind === 'nxdomain';
    },
  };
}

/** The zone that was appended to a target without its closing dot: some ancestor of the record's own name. */
export function appendedZone(owner: string, leadsTo: string, target: string): string | undefined {
  return upwards(owner).find((zone) => leadsTo === `${target}.${zone}`);
}
