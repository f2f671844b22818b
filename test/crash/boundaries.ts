import type { AccountStore } from '../../src/acmedns/ports.ts';
import type { AcmeCalls } from '../../src/issuance/acme-calls.ts';
import type { AcmeAccountStore, Delivery, OrderStore, Presenter, RenewalStore } from '../../src/issuance/ports.ts';
import { interceptCalls } from '../../src/issuance/testing/intercept-calls.ts';

/** Told of everything that outlives the process, in the order in which it happens: `before` it is tried, and `after` it is done. */
export type Boundary = (moment: 'before' | 'after', what: string) => void;

/** The same object; each of the methods named is a boundary. */
function watched<T extends object>(target: T, methods: readonly (keyof T & string)[], boundary: Boundary): T {
  const names: ReadonlySet<string> = new Set(methods);
  const around = async (method: string, call: () => unknown): Promise<unknown> => {
    boundary('before', method);
    const result = await call();
    boundary('after', method);
    return result;
  };
  return interceptCalls(target, (method, call) => (names.has(method) ? around(method, call) : call()));
}

export const watchZoneStore = (store: AccountStore, boundary: Boundary) =>
  watched(store, ['addDelegation', 'changeTxt'], boundary);
export const watchOrders = (store: OrderStore, boundary: Boundary) =>
  watched(store, ['saveOrder', 'deleteOrder', 'saveAttempts'], boundary);
export const watchRenewals = (store: RenewalStore, boundary: Boundary) => watched(store, ['saveRenewal'], boundary);
export const watchAccounts = (store: AcmeAccountStore, boundary: Boundary) => watched(store, ['saveAccount'], boundary);
export const watchDelivery = (delivery: Delivery, boundary: Boundary) => watched(delivery, ['deliver'], boundary);
export const watchPresenter = (presenter: Presenter, boundary: Boundary) =>
  watched(presenter, ['present', 'remove'], boundary);
export const watchAcme = (acme: AcmeCalls, boundary: Boundary) =>
  watched(acme, ['createOrder', 'acceptChallenge', 'finalizeOrder', 'downloadChain'], boundary);
