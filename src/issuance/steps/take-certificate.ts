import { DomainError } from '../../core/error.ts';
import { checkIssued, parseChain } from '../../pki/chain.ts';
import type { OrderFailure, OrderRecord } from '../order-record.ts';
import { goOn } from '../order-step.ts';
import type { OrderDeps, Step } from '../order-step.ts';
import { factsOf } from '../certificate-facts.ts';
import { chooseRenewal } from '../renewal-time.ts';
import { endOrder } from './end-order.ts';

/** Fetches the certificate and checks it before it can replace anything. */
export const takeCertificate: Step<'downloading'> = async (order, deps, signal) => {
  const { orderUrl, challenges, certificateUrl } = order.state;
  const { names, preferredChain } = order.certificate;
  const chain = await deps.acme.downloadChain(certificateUrl, preferredChain, signal);
  const fault = findFault(chain, order.privateKey, names, deps.clock.now());
  if (fault !== undefined) return endOrder(order, { kind: 'failed', failure: fault }, deps);
  const next = await goOn(order, { step: 'issued', orderUrl, challenges, chain }, deps);
  const [leaf] = parseChain(chain);
  if (leaf !== undefined) {
    const { serial, notBefore, notAfter, issuer } = leaf;
    deps.emit({ type: 'certificate.issued', certificate: order.certificate.id, serial, notBefore, notAfter, issuer });
  }
  return next;
};

/** Hands the certificate over. Delivering twice is as once. */
export const deliverCertificate: Step<'issued'> = async (order, deps) => {
  const { orderUrl, challenges, chain } = order.state;
  const { certificate, privateKey } = order;
  const files = await deps.delivery.deliver({ certificate, privateKey, chain, issuedAt: deps.clock.now() });
  await deps.store.saveAttempts(certificate.id, undefined);
  await planRenewal(order, chain, deps);
  const outcome = { kind: 'delivered' } as const;
  const next = await goOn(order, { step: 'cleaning', orderUrl, challenges, outcome, retryAt: 0 }, deps);
  deps.emit({ type: 'certificate.delivered', certificate: certificate.id, files });
  return next;
};

/**
 * Stored before the order is forgotten, so that the instant chosen is the same after a crash. The first look at the certificate in place
 * asks the CA for its window and then tells of the renewal, once.
 */
async function planRenewal({ certificate }: OrderRecord, chain: string, deps: OrderDeps): Promise<void> {
  const [leaf] = parseChain(chain);
  if (leaf === undefined) return;
  const renewal = chooseRenewal({
    facts: factsOf(leaf),
    ca: certificate.ca,
    issuedAt: deps.clock.now(),
    stored: await deps.renewals.loadRenewal(certificate.id),
    window: undefined,
    askAgainAt: undefined,
    random: deps.random(),
  });
  await deps.renewals.saveRenewal(certificate.id, renewal);
}

function findFault(chain: string, privateKey: string, names: readonly string[], now: number): OrderFailure | undefined {
  try {
    checkIssued({ chain, privateKey, names, now });
    return undefined;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { code: 'certificate-mismatch', message: error.message, notBefore: undefined, permanent: false };
  }
}
