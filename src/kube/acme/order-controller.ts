import { again, createController, done } from '../api/controller.ts';
import type { Controller, Result } from '../api/controller.ts';
import { formatKey } from '../api/object.ts';
import { readIssuerReference } from '../issuer/issuer-lookup.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import type { Challenge } from '../schema/challenge.ts';
import { createAccountGates } from './account-gates.ts';
import type { AcmeDeps } from './acme-deps.ts';
import { ofIssuer } from './acme-indexes.ts';
import { isFailure, isOver, orderState } from './acme-object-states.ts';
import { beginOrder } from './begin-order.ts';
import { removeChallenges } from './end-order.ts';
import { followOrder } from './follow-order.ts';
import type { IssuedChains } from './issued-chains.ts';
import type { FreshOrders, OrderContext } from './order-context.ts';
import { faceFault } from './order-fault.ts';
import { createProgressBook, newOrderProgress } from './order-progress.ts';
import { sayWaiting } from './order-report.ts';

const NAME = 'orders';
/** Most of them wait for a CA, and one CA must not hold up the orders at another. */
const WORKERS = 128;

/** Brings Orders to their certificate. What is known of one stands in its object and its Challenges: any line may be the last one before a crash. */
export function createOrderController(deps: AcmeDeps, fresh: FreshOrders, chains: IssuedChains): Controller {
  const { orders, challenges, issuers, clusterIssuers, clock } = deps;
  const book = createProgressBook(newOrderProgress);
  const gates = createAccountGates(clock);
  const removed = new Set<string>();
  const controller = createController({
    name: NAME,
    workers: WORKERS,
    clock,
    reconcile,
    onError: (error, key) => deps.report(error, NAME, key),
    observe: deps.observe,
    backoff: { first: 1000, longest: 5 * 60_000 },
  });

  async function reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const order = orders.get(key);
    if (order === undefined || order.metadata.deletionTimestamp !== undefined) {
      deps.delegations.forget(key);
      return done;
    }
    if (readIssuerReference(order.spec.issuerRef) === 'foreign') return done;
    if (isOver(order)) {
      deps.delegations.forget(key);
      await removeChallenges({ order, deps, removed, signal }, isFailure(orderState(order)) ? 'unfinished' : 'all');
      return done;
    }
    const view = await deps.accounts.open(order.spec.issuerRef, order.metadata.namespace ?? '', signal);
    if (view.kind === 'unready') {
      await sayWaiting(order, { reason: 'IssuerNotReady', message: view.message }, deps, signal);
      return done;
    }
    const progress = book.of(order.metadata.uid ?? key);
    const left = (progress.notBefore ?? 0) - clock.now();
    if (left > 0 && progress.issuerGeneration === view.open.issuer.metadata.generation) return again(left);
    const context: OrderContext = {
      key,
      order,
      open: view.open,
      progress,
      deps,
      gates,
      fresh,
      removed,
      chains,
      signal,
    };
    try {
      const result = order.status?.url === undefined ? await beginOrder(context) : await followOrder(context);
      progress.faults = 0;
      return result;
    } catch (error) {
      return await faceFault({ ...context, order: orders.get(key) ?? order }, error);
    }
  }

  orders.onChange((key, before, after) => {
    if (after === undefined && before !== undefined) {
      book.drop(before.metadata.uid ?? key);
      fresh.delete(before.metadata.uid ?? key);
    }
    controller.add(key, orders.isSynced() ? 'urgent' : 'normal');
  });
  challenges.onChange((_, before, after) => {
    const changed = after ?? before;
    const order = changed && ownerKey(changed);
    if (after === undefined) removed.delete(before?.metadata.uid ?? '');
    const isNews =
      after === undefined ||
      after.status?.state !== before?.status?.state ||
      after.status?.reason !== before?.status?.reason;
    if (order !== undefined && isNews) controller.add(order, 'urgent');
  });
  const onIssuer = (_: string, before: AnyIssuer | undefined, after: AnyIssuer | undefined) => {
    const issuer = after ?? before;
    if (issuer?.spec.acme === undefined) return;
    for (const order of ofIssuer(orders, issuer)) {
      if (!isOver(order)) controller.add(formatKey(order.metadata), 'urgent');
    }
  };
  issuers.onChange(onIssuer);
  clusterIssuers.onChange(onIssuer);
  return controller;
}

function ownerKey({ metadata }: Challenge): string | undefined {
  const owner = metadata.ownerReferences?.find(({ kind, controller }) => kind === 'Order' && controller === true);
  return owner && formatKey({ namespace: metadata.namespace, name: owner.name });
}
