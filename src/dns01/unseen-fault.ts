import { assertNever } from '../core/assert-never.ts';
import type { Found } from './delegation-fault.ts';
import { above, listed } from './name-text.ts';
import type { NameView } from './name-view.ts';

/** Why nothing could be seen of `at`, a name on the way from `name`. */
export function unseenFault(name: string, at: string, view: Exclude<NameView, { kind: 'seen' }>): Found {
  switch (view.kind) {
    case 'absent':
      return { fault: 'zone-not-found', domain: at === name ? above(name) : at };
    case 'no-server': {
      const { zone, says, refused } = view;
      if (view.delegated && zone === at) return { fault: 'delegated-not-served', zone, says };
      return { fault: 'zone-servers-failed', at, zone, refused, says };
    }
    case 'resolvers-failed': {
      const { asked, outcome } = view;
      const resolvers = listed(outcome.resolvers);
      if (outcome.kind === 'unreachable') {
        return { fault: 'resolvers-unreachable', at: asked, resolvers, says: outcome.says };
      }
      if (outcome.dnssec) return { fault: 'dnssec-broken', at: asked, resolvers };
      return { fault: 'resolver-failed', at: asked, resolvers, says: outcome.says };
    }
    default:
      return assertNever(view);
  }
}
