import type { Clock } from '../core/clock.ts';
import { challengeName, type CertificateName, type DomainName } from '../core/domain-name.ts';
import { type NameServer, query } from '../dns/query.ts';
import type { DelegationChecker, DelegationFinding } from '../issuance/ports.ts';
import type { Ask } from './ask.ts';
import { createMistakeProbe } from './classic-mistakes.ts';
import { delegationMessage } from './delegation-message.ts';
import { walkDelegation } from './delegation-walk.ts';
import { shownAddress } from './look.ts';
import { createViewer } from './viewer.ts';
import { createResolvers } from './resolvers.ts';
import { lookAtResolvers } from './resolver-notes.ts';
import { createZoneServers, type Routes } from './zone-servers.ts';

export type { Routes } from './zone-servers.ts';

export interface DelegationCheckerOptions {
  readonly resolvers: readonly NameServer[];
  /** Zones whose servers are given by hand. */
  readonly routes?: Routes | undefined;
  readonly clock: Clock;
  /** Only the resolvers are asked, and not the servers of the zones that they name. */
  readonly resolversOnly?: boolean | undefined;
  /** Default: `query` of dns/. */
  readonly ask?: Ask | undefined;
}

/** A finding with what a doctor has to tell beside it. */
export interface DelegationReport {
  readonly finding: DelegationFinding;
  /** The names walked through, from `_acme-challenge.<domain>` on. */
  readonly chain: readonly string[];
  /** Servers that are of no use, although others are. */
  readonly warnings: readonly string[];
  /** What resolvers still have in memory. No reason to wait: CAs ask with fresh ones. */
  readonly notes: readonly string[];
}

export interface DelegationExaminer extends DelegationChecker {
  examineDelegation(domain: DomainName, target: DomainName, signal: AbortSignal): Promise<DelegationReport>;
}

/** ms: a resolver that does not know by then adds nothing. */
const NOTE_TIMEOUT = 1000;

/**
 * Looks the way a CA looks: asks the zone's own servers, all of them, along the chain of CNAMEs, and only where none can be
 * reached the resolvers. It never asks a resolver for a name that is still missing, lest the resolver remember that it was.
 */
export function createDelegationChecker(options: DelegationCheckerOptions): DelegationExaminer {
  const ask: Ask = options.ask ?? query;
  const resolvers = createResolvers(options.resolvers, ask);
  const zoneServers = createZoneServers({ resolvers, routes: options.routes ?? new Map(), clock: options.clock });
  const tools = {
    viewer: createViewer({ ask, resolvers, zoneServers, resolversOnly: options.resolversOnly }),
    probe: createMistakeProbe(ask),
  };

  async function examine(domain: DomainName, target: DomainName, signal: AbortSignal): Promise<DelegationReport> {
    const name = challengeName(domain as string as CertificateName);
    const walk = await walkDelegation(name, target, tools, signal);
    const { chain, warnings, verdict } = walk;
    const missing = (fault: string, message: string): DelegationReport => ({
      finding: { kind: 'missing', name, target, fault, message },
      chain,
      warnings,
      notes: [],
    });
    if (verdict.kind === 'fault') return missing(verdict.problem.fault, delegationMessage(verdict.problem));
    const notes: string[] = [];
    if (walk.via === 'authorities' && name !== target) {
      const seen = await lookAtResolvers(name, { servers: options.resolvers, ask, timeout: NOTE_TIMEOUT }, signal);
      if (seen.kind === 'dnssec-broken') {
        const asked = options.resolvers.map(shownAddress).join(', ');
        return missing(
          'dnssec-broken',
          delegationMessage({ fault: 'dnssec-broken', name, target, at: name, resolvers: asked }),
        );
      }
      notes.push(...seen.notes);
    }
    return { finding: { kind: 'ready', name, target }, chain, warnings, notes };
  }

  return {
    examineDelegation: examine,
    async checkDelegation(domain, target, signal) {
      return (await examine(domain, target, signal)).finding;
    },
  };
}
