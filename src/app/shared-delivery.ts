import type { Delivery } from '../issuance/ports.ts';
import { parseChain } from '../pki/chain.ts';
import type { IssuedStore } from '../store/issued-store.ts';

/** The names that a certificate is wanted with on this node. */
export type NamesOf = (certificateId: string) => readonly string[] | undefined;

/**
 * A delivery on each of several nodes: what one node was issued is kept where all can read it, and another one puts it in place here when it
 * next looks, in place of having one issued for itself. One that another configuration wants with other names is not ours.
 */
export function withSharedCopies(delivery: Delivery, issued: IssuedStore, namesOf: NamesOf): Delivery {
  return {
    async deliver(certificate) {
      await issued.saveIssued(certificate);
      return await delivery.deliver(certificate);
    },
    async current(certificateId) {
      const [placed, shared] = await Promise.all([delivery.current(certificateId), issued.loadIssued(certificateId)]);
      const [leaf] = shared === undefined ? [] : parseChain(shared.chain);
      if (shared === undefined || leaf === undefined) return placed;
      if (!isFor(leaf.names, namesOf(certificateId))) return placed;
      // What somebody has put there since is left alone.
      if (placed !== undefined && (placed.facts.serial === leaf.serial || placed.facts.notBefore > leaf.notBefore))
        return placed;
      await delivery.deliver(shared);
      return await delivery.current(certificateId);
    },
  };
}

function isFor(names: readonly string[], wanted: readonly string[] | undefined): boolean {
  return wanted !== undefined && names.length === wanted.length && wanted.every((name) => names.includes(name));
}
