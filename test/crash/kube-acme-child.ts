import { writeSync } from 'node:fs';
import { runKubeController } from '../../src/app/kube-controller.ts';
import { readKubeFlags } from '../../src/app/kube-flags.ts';
import type { KubeControllerFlags } from '../../src/app/kube-flags.ts';
import type { AcmeCalls } from '../../src/issuance/acme-calls.ts';
import type { AcmeAccess } from '../../src/kube/acme/acme-access.ts';
import type { KubeClient } from '../../src/kube/api/client.ts';
import type { Resource } from '../../src/kube/api/resource.ts';

/**
 * `evercert kube controller` that lives for one effect: as soon as the API server has answered a write of an Order or a Challenge, or the CA a request that changes something, it
 * kills itself, before it has done anything with the answer. Its arguments are the flags as JSON, and what the life before it did last: to do that once
 * more does not count, since some things have to be said to a CA again. What it did it writes to standard output.
 */
const flags = JSON.parse(process.argv[2] ?? '{}') as KubeControllerFlags;
let spared = process.argv[3];

async function lastDeed<T>(name: string, deed: () => Promise<T>): Promise<T> {
  const result = await deed();
  if (name === spared) {
    spared = undefined;
    return result;
  }
  writeSync(1, `${name}\n`);
  process.kill(process.pid, 'SIGKILL');
  // Nothing comes after it.
  return await new Promise<never>(() => {});
}

function onWrite<T>(resource: Resource, verb: string, write: () => Promise<T>): Promise<T> {
  // Those of Certificates and their requests have a test of their own.
  const isOurs = resource.kind === 'Order' || resource.kind === 'Challenge';
  return isOurs ? lastDeed(`${verb} ${resource.kind}`, write) : write();
}

function wrapClient(client: KubeClient): KubeClient {
  return {
    ...client,
    create: (resource, object, options) => onWrite(resource, 'create', () => client.create(resource, object, options)),
    update: (resource, object, options) => onWrite(resource, 'update', () => client.update(resource, object, options)),
    updateStatus: (resource, object, options) =>
      onWrite(resource, 'update status of', () => client.updateStatus(resource, object, options)),
    patch: (resource, key, patch, options) =>
      onWrite(resource, 'patch', () => client.patch(resource, key, patch, options)),
    apply: (resource, object, options) => onWrite(resource, 'apply', () => client.apply(resource, object, options)),
    delete: (resource, key, options) => onWrite(resource, 'delete', () => client.delete(resource, key, options)),
  };
}

function wrapCalls(calls: AcmeCalls): AcmeCalls {
  return {
    ...calls,
    createOrder: (order, signal) => lastDeed('newOrder', () => calls.createOrder(order, signal)),
    acceptChallenge: (url, signal) => lastDeed('accept', () => calls.acceptChallenge(url, signal)),
    finalizeOrder: (order, csr, signal) => lastDeed('finalize', () => calls.finalizeOrder(order, csr, signal)),
  };
}

function wrapAccess(access: AcmeAccess): AcmeAccess {
  return {
    ...access,
    register: (server, registration, signal) =>
      lastDeed('newAccount', () => access.register(server, registration, signal)),
    account: (server, account) => wrapCalls(access.account(server, account)),
  };
}

const options = readKubeFlags(flags, [], process.env);
await runKubeController(
  { ...options, wrapClient, acme: { ...options.acme, wrapAccess } },
  new AbortController().signal,
);
