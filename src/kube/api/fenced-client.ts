import type { KubeClient } from './client.ts';
import type { Fence } from './lease.ts';

/**
 * The same client, whose writes are refused with `kube-lease-lost` once the lease is not ours. A process that was frozen for a minute must not write
 * before its timers tell it that it no longer leads.
 */
export function fencedClient(client: KubeClient, { assertHeld }: Pick<Fence, 'assertHeld'>): KubeClient {
  async function whileHeld<R>(write: () => Promise<R>): Promise<R> {
    assertHeld();
    return write();
  }
  return {
    ...client,
    create: (resource, object, options) => whileHeld(() => client.create(resource, object, options)),
    update: (resource, object, options) => whileHeld(() => client.update(resource, object, options)),
    updateStatus: (resource, object, options) => whileHeld(() => client.updateStatus(resource, object, options)),
    patch: (resource, key, patch, options) => whileHeld(() => client.patch(resource, key, patch, options)),
    apply: (resource, object, options) => whileHeld(() => client.apply(resource, object, options)),
    delete: (resource, key, options) => whileHeld(() => client.delete(resource, key, options)),
    // Also what only asks: nobody who does not lead needs to.
    raw: (request, options) => whileHeld(() => client.raw(request, options)),
  };
}
