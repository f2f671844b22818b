import type { ResolverOutcome } from './resolvers.ts';
import type { Sighting } from './sighting.ts';

/** One name, seen from outside. */
export type NameView =
  | {
      kind: 'seen';
      zone: string;
      /** Never empty. */
      sightings: readonly Sighting[];
      /** Whom the sightings come from; servers given by hand may know another world than the resolvers. */
      via: 'authorities' | 'by-hand' | 'resolvers';
      /** Servers that are of no use, and other things to know. */
      warnings: readonly string[];
    }
  | { kind: 'absent' }
  /** `zone` was found and all its servers are dead or useless. `refused`: at least one answered, with nothing usable. */
  | { kind: 'no-server'; zone: string; delegated: boolean; refused: boolean; says: string }
  | { kind: 'resolvers-failed'; asked: string; outcome: Exclude<ResolverOutcome, { kind: 'reply' }> };
