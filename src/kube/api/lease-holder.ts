import type { Clock } from '../../core/clock.ts';
import type { KubeClient } from './client.ts';
import { isKubeError } from './kube-error.ts';
import { leases } from './lease-object.ts';
import type { Lease } from './lease-object.ts';

export interface LeaseHolderOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'update'>;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly clock: Clock;
  /** ms for which it is ours after each renewal, for others. */
  readonly duration: number;
}

/** `held`: ours from `since` (our clock, before we asked). `taken`: by that identity, and not to be had before `until`. */
export type LeaseTry =
  | { readonly kind: 'held'; readonly since: number }
  | { readonly kind: 'taken'; readonly by: string; readonly until: number };

/** One lease at the API server. Every write names the version that it was made from, so that of two writers one fails. */
export interface LeaseHolder {
  /** Takes or renews it. Throws what the client throws, but never for a conflict. */
  try(signal: AbortSignal): Promise<LeaseTry>;
  /** Gives it back at once, if it is still ours. */
  release(signal: AbortSignal): Promise<void>;
}

export function createLeaseHolder(options: LeaseHolderOptions): LeaseHolder {
  const { client, namespace, name, identity, clock, duration } = options;
  let known: Lease | undefined;
  /** When we first saw the lease as it is: how old it is by its holder's clock says nothing here. */
  let knownSince = 0;

  function learn(lease: Lease | undefined): void {
    if (lease?.metadata.resourceVersion !== known?.metadata.resourceVersion) knownSince = clock.now();
    known = lease;
  }

  function write(spec: NonNullable<Lease['spec']>, signal: AbortSignal): Promise<Lease> {
    if (known === undefined) return client.create(leases, { metadata: { namespace, name }, spec }, { signal });
    return client.update(leases, { ...known, spec: { ...known.spec, ...spec } }, { signal });
  }

  function ours(now: number): NonNullable<Lease['spec']> {
    const before = known?.spec;
    const isRenewal = before?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(duration / 1000),
      acquireTime: isRenewal ? (before?.acquireTime ?? microTime(now)) : microTime(now),
      renewTime: microTime(now),
      leaseTransitions: (before?.leaseTransitions ?? 0) + (isRenewal || before === undefined ? 0 : 1),
    };
  }

  return {
    async try(signal) {
      if (known?.spec?.holderIdentity !== identity) learn(await client.get(leases, { namespace, name }, { signal }));
      const now = clock.now();
      const holder = known?.spec?.holderIdentity ?? '';
      const until = knownSince + (known?.spec?.leaseDurationSeconds ?? duration / 1000) * 1000;
      if (holder !== '' && holder !== identity && until > now) return { kind: 'taken', by: holder, until };
      try {
        learn(await write(ours(now), signal));
        return { kind: 'held', since: now };
      } catch (error) {
        if (!isKubeError(error, 'kube-conflict', 'kube-exists', 'kube-not-found')) throw error;
        learn(await client.get(leases, { namespace, name }, { signal }));
        const by = known?.spec?.holderIdentity ?? '';
        // Written by us after all (the answer was lost), or by somebody who does not hold it: the next try finds out.
        return { kind: 'taken', by: by === identity ? '' : by, until: clock.now() };
      }
    },
    async release(signal) {
      if (known?.spec?.holderIdentity !== identity) return;
      const renewTime = microTime(clock.now());
      try {
        await write({ holderIdentity: '', leaseDurationSeconds: 1, renewTime, acquireTime: renewTime }, signal);
      } catch (error) {
        if (!isKubeError(error, 'kube-conflict', 'kube-not-found')) throw error;
      }
      known = undefined;
    },
  };
}

function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}
