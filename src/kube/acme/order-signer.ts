import { DomainError } from '../../core/error.ts';
import { parseCsr } from '../../pki/csr.ts';
import type { ParsedCsr } from '../../pki/csr.ts';
import { isKubeError } from '../api/kube-error.ts';
import { formatKey } from '../api/object.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import type { RequestSigner, SigningOutcome } from '../request/request-signer.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import { orderResource } from '../schema/order.ts';
import type { Order } from '../schema/order.ts';
import type { AcmeDeps } from './acme-deps.ts';
import { ordersOfRequest } from './acme-indexes.ts';
import { isFailure, orderState } from './acme-object-states.ts';
import { csrOf } from './csr-of.ts';
import type { IssuedChains } from './issued-chains.ts';
import { derivedName } from './object-names.ts';
import type { FreshOrders } from './order-context.ts';
import { replacedCertificate } from './replaced-certificate.ts';

const COMPONENT = 'cert-manager-certificaterequests-issuer-acme';

/** Signs by an Order, which belongs to the request and goes with it. */
export function createOrderSigner(deps: AcmeDeps, fresh: FreshOrders, chains: IssuedChains): RequestSigner {
  return {
    async sign(request, issuer, signal) {
      const order = ordersOfRequest(deps.orders, request).find(
        ({ metadata }) => metadata.deletionTimestamp === undefined,
      );
      return order === undefined
        ? await makeOrder(request, issuer, deps, fresh, signal)
        : await outcomeOf(order, deps, chains, signal);
    },
    watch(wake) {
      deps.orders.onChange((_, before, after) => {
        const order = after ?? before;
        const owner = order?.metadata.ownerReferences?.find(
          ({ kind, controller }) => kind === 'CertificateRequest' && controller === true,
        );
        if (owner !== undefined) wake(formatKey({ namespace: order?.metadata.namespace, name: owner.name }));
      });
    },
  };
}

async function outcomeOf(
  order: Order,
  deps: AcmeDeps,
  chains: IssuedChains,
  signal: AbortSignal,
): Promise<SigningOutcome> {
  const state = orderState(order);
  const { name } = order.metadata;
  if (isFailure(state)) {
    const message = `Failed to wait for order resource "${name}" to become ready: order is in "${state}" state: ${order.status?.reason ?? ''}`;
    return { kind: 'failed', message, eventReason: 'OrderFailed' };
  }
  if (state === 'valid' && order.status?.certificate !== undefined) {
    const certificate = await chainOf(order, deps, chains, signal);
    if (certificate !== undefined) return { kind: 'issued', certificate };
  }
  return waiting(order);
}

function waiting(order: Order): SigningOutcome {
  const shown = `"${orderState(order) ?? 'pending'}"`;
  const why = order.status?.reason ?? '';
  const message = `Waiting on certificate issuance from order ${formatKey(order.metadata)}: ${shown}`;
  return { kind: 'pending', message: why === '' ? message : `${message}: ${why}` };
}

/** Copies of orders in memory have no chain. */
async function chainOf(
  { metadata, status }: Order,
  deps: AcmeDeps,
  chains: IssuedChains,
  signal: AbortSignal,
): Promise<string | undefined> {
  const known = chains.take(metadata.uid ?? '');
  if (known !== undefined) return known;
  const { namespace, name } = metadata;
  const encoded =
    status?.certificate || (await deps.client.get(orderResource, { namespace, name }, { signal }))?.status?.certificate;
  return encoded === undefined || encoded === '' ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

async function makeOrder(
  request: CertificateRequest,
  issuer: AnyIssuer,
  deps: AcmeDeps,
  fresh: FreshOrders,
  signal: AbortSignal,
): Promise<SigningOutcome> {
  let csr: ParsedCsr;
  try {
    csr = await parseCsr(csrOf(request));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const message = `Failed to decode CSR in spec.request: ${error.message}`;
    return { kind: 'failed', message, eventReason: 'RequestParsingError' };
  }
  const addresses = csr.otherNames.flatMap((name) => (name.startsWith('ip:') ? [name.slice('ip:'.length)] : []));
  const { commonName } = csr;
  if (commonName !== undefined && ![...csr.names, ...addresses].includes(commonName)) {
    const message =
      'The CSR PEM requests a commonName that is not present in the list of dnsNames or ipAddresses. If a commonName is set, ACME requires that the ' +
      `value is also present in the list of dnsNames or ipAddresses: "${commonName}" does not exist in [${csr.names.join(' ')}] or [${addresses.join(' ')}]`;
    return { kind: 'failed', message, eventReason: 'InvalidOrder' };
  }
  const draft = await draftOrder(request, issuer, csr, addresses, deps, signal);
  try {
    const made = await deps.client.create(orderResource, draft, { signal, fieldManager: COMPONENT });
    fresh.add(made.metadata.uid ?? '');
    deps.orders.upsert(made);
    const event = { reason: 'OrderCreated', message: `Created Order resource ${formatKey(made.metadata)}` };
    return { ...waiting(made), event } as SigningOutcome;
  } catch (error) {
    // Made before a crash, and not heard of yet; or one of that name is on its way out.
    if (!isKubeError(error, 'kube-exists')) throw error;
    const message = `Waiting on certificate issuance from order ${formatKey(draft.metadata)}: "pending"`;
    return { kind: 'pending', message, again: 1000 };
  }
}

async function draftOrder(
  request: CertificateRequest,
  { spec: { acme } }: AnyIssuer,
  csr: ParsedCsr,
  ipAddresses: string[],
  deps: AcmeDeps,
  signal: AbortSignal,
) {
  const { metadata, spec } = request;
  const replaces = await replacedCertificate(request, csr.names, deps, signal);
  const order = {
    request: spec.request,
    issuerRef: spec.issuerRef,
    ...(csr.commonName === undefined ? {} : { commonName: csr.commonName }),
    ...(csr.names.length === 0 ? {} : { dnsNames: [...csr.names] }),
    ...(ipAddresses.length === 0 ? {} : { ipAddresses }),
    ...(acme?.enableDurationFeature === true && spec.duration !== undefined ? { duration: spec.duration } : {}),
    ...(acme?.profile === undefined || acme.profile === '' ? {} : { profile: acme.profile }),
    ...(replaces === undefined ? {} : { replaces }),
  };
  return {
    metadata: {
      // The UID goes in as well: a request that was made anew under the same name and with the same content has an order of its own.
      name: derivedName(metadata.name, [order, metadata.uid]),
      namespace: metadata.namespace,
      labels: { ...metadata.labels },
      annotations: { ...metadata.annotations },
      ownerReferences: [
        {
          apiVersion: 'cert-manager.io/v1',
          kind: 'CertificateRequest',
          name: metadata.name,
          uid: metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: order,
  };
}
