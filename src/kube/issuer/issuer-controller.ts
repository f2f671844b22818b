import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../core/error.ts';
import { again, createController, done } from '../api/controller.ts';
import type { Controller, Result } from '../api/controller.ts';
import type { Informer } from '../api/informer.ts';
import { formatKey, keyOf } from '../api/object.ts';
import { conditionOf, withCondition } from '../conditions.ts';
import type { Finding } from '../conditions.ts';
import type { KubeDeps } from '../deps.ts';
import { retryConflict } from '../retry-conflict.ts';
import type { ClusterIssuer, Issuer } from '../schema/issuer.ts';
import { secretNamespace } from './issuer-lookup.ts';
import type { IssuerFinding, IssuerSetup } from './issuer-setup.ts';
import { issuerTypeOf } from './issuer-type.ts';
import type { IssuerType } from './issuer-type.ts';
import { createWatchedSecrets } from './watched-secrets.ts';

export type IssuerSetups = ReadonlyMap<IssuerType, IssuerSetup>;

/** Keeps the Ready condition of issuers true: one controller for Issuers, one for ClusterIssuers. */
export function createIssuerController<T extends Issuer | ClusterIssuer>(
  deps: KubeDeps,
  informer: Informer<T>,
  setups: IssuerSetups,
): Controller {
  const name = informer.resource.plural;
  const { clock, options } = deps;
  const watched = createWatchedSecrets();
  const written = new Map<string, { readonly generation: number | undefined; readonly status: T['status'] }>();
  const controller = createController({
    name,
    workers: options.workers,
    clock,
    reconcile: (key, signal) =>
      retryConflict({ client: deps.client, informer }, key, signal, () => reconcile(key, signal)),
    onError: (error, key) => deps.report(error, name, key),
    observe: deps.observe,
    backoff: { first: 5000, longest: 5 * 60_000 },
  });

  async function reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const issuer = informer.get(key);
    if (issuer === undefined) watched.forget(key);
    if (issuer === undefined || issuer.metadata.deletionTimestamp !== undefined) return done;
    const type = issuerTypeOf(issuer);
    const setup = type === undefined ? undefined : setups.get(type);
    if (setup === undefined) {
      await write(issuer, unsupported(type), signal);
      return done;
    }
    let finding: IssuerFinding;
    try {
      finding = await setup(issuer, signal);
    } catch (error) {
      if (!signal.aborted) await write(issuer, failure(error), signal);
      throw error;
    }
    const namespace = secretNamespace(issuer, options.clusterResourceNamespace);
    watched.watch(
      key,
      (finding.secrets ?? []).map((secret) => formatKey({ namespace, name: secret })),
    );
    await write(issuer, finding, signal);
    return finding.again === undefined ? done : again(finding.again);
  }

  async function write(issuer: T, finding: IssuerFinding, signal: AbortSignal): Promise<void> {
    const { ready, reason, message, acme, event } = finding;
    const before = issuer.status ?? {};
    const condition = {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      reason,
      // An empty one is left out, as in cert-manager: what it has written is not written again.
      ...(message !== '' && { message }),
      observedGeneration: issuer.metadata.generation ?? 0,
    } as const;
    const status = {
      ...before,
      ...(acme !== undefined && { acme }),
      conditions: [...withCondition(before.conditions, condition, clock.now())],
    };
    if (isDeepStrictEqual(status, before)) return;
    written.set(keyOf(issuer), { generation: issuer.metadata.generation, status });
    const isNews = !sameFinding(conditionOf(before.conditions, 'Ready'), condition);
    const stored = await deps.client.updateStatus<Issuer | ClusterIssuer>(
      informer.resource,
      { ...issuer, status },
      { signal },
    );
    informer.upsert(stored as T);
    if (event !== undefined && isNews) deps.events.record(issuer, event);
  }

  informer.onChange((key, _, after) => {
    // The echo of our own write: a setup that has just failed is tried again after its pause, and not at once.
    const ours = written.get(key);
    const isEcho = after?.metadata.generation === ours?.generation && isDeepStrictEqual(after?.status, ours?.status);
    if (after === undefined) written.delete(key);
    else if (ours !== undefined && isEcho) return;
    controller.add(key, informer.isSynced() ? 'urgent' : 'normal');
  });
  deps.secrets.onChange((secret) => {
    for (const key of watched.watchersOf(secret)) controller.add(key, 'urgent');
  });
  return controller;
}

function sameFinding(before: Finding | undefined, now: Finding): boolean {
  return before?.status === now.status && before.reason === now.reason && before.message === now.message;
}

function unsupported(type: IssuerType | undefined): IssuerFinding {
  const message =
    type === undefined
      ? 'The issuer has no type: give it one of acme, ca or selfSigned'
      : `Issuers of the type ${type} are not supported by evercert: use acme, ca or selfSigned`;
  return {
    ready: false,
    reason: 'UnsupportedIssuer',
    message,
    event: { type: 'Warning', reason: 'UnsupportedIssuer', message },
  };
}

function failure(error: unknown): IssuerFinding {
  const message = `Error initializing issuer: ${messageOf(error)}`;
  return {
    ready: false,
    reason: 'ErrInitIssuer',
    message,
    event: { type: 'Warning', reason: 'ErrInitIssuer', message },
  };
}
