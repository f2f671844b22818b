import { DomainError, messageOf } from '../core/error.ts';
import { parseChain } from '../pki/chain.ts';
import { certificateId } from '../pki/certificate-id.ts';
import { parseCsr } from '../pki/csr.ts';
import type { ParsedCsr } from '../pki/csr.ts';
import { issueCertificate } from '../pki/issue.ts';
import { samePublicKey } from '../pki/public-key.ts';
import { keyTypeOf } from '../pki/key.ts';
import type { CaContext } from './context.ts';
import { requirePayload } from './exchange.ts';
import type { AccountRequest, Answer, SignedRequest } from './exchange.ts';
import { fromBase64url } from './jws-verification.ts';
import { orderAnswer, orderOf, refreshOrder } from './orders.ts';
import { malformed, Refusal } from './problem.ts';
import type { Account, IssuedRecord, Order } from './state.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** RFC 8555 section 7.4: takes the CSR, answers `processing`, and issues after that. */
export async function finalizeOrder(ca: CaContext, request: AccountRequest): Promise<Answer> {
  const order = orderOf(ca, request);
  requireReady(order);
  const csr = await readCsr(request);
  checkCsr(csr, order, request.account);
  // The CSR was read meanwhile: another finalize may have come first.
  requireReady(refreshOrder(ca, order));
  order.status = 'processing';
  const failure = request.faults.get('order-invalid');
  const stuck = request.faults.get('order-stuck') !== undefined;
  if (!stuck) ca.later((signal) => settle(ca, order, csr, failure?.error, signal));
  return orderAnswer(ca, order, 200);
}

function requireReady(order: Order): void {
  if (order.status === 'ready') return;
  const detail = `the order is "${order.status}", and only a "ready" order can be finalized`;
  throw new Refusal({ type: 'orderNotReady', detail, status: 403 });
}

async function readCsr(request: SignedRequest): Promise<ParsedCsr> {
  const { csr } = requirePayload(request);
  if (typeof csr !== 'string') throw malformed('the payload has no "csr"');
  const der = fromBase64url(csr, 'csr');
  try {
    return await parseCsr(der);
  } catch (error) {
    if (error instanceof DomainError) throw badCsr(error.message);
    throw error;
  }
}

function checkCsr(csr: ParsedCsr, order: Order, account: Account): void {
  if (!csr.verified) throw badCsr('the CSR is not signed by its own key');
  if (keyTypeOf(csr.publicKey) === undefined)
    throw badCsr('the key of the CSR must be P-256, P-384 or RSA with 2048, 3072 or 4096 bits');
  if (samePublicKey(csr.publicKey, account.key.key))
    throw badCsr('the CSR has the account key; a certificate needs a key of its own');
  const [other] = csr.otherNames;
  if (other !== undefined) throw badCsr(`the CSR asks for "${other}", which is no DNS name`);
  const asked = new Set(csr.names);
  if (csr.commonName !== undefined) asked.add(csr.commonName);
  const ordered = new Set<string>(order.names);
  const missing = [...ordered.difference(asked)];
  const surplus = [...asked.difference(ordered)];
  if (missing.length > 0) throw badCsr(`the CSR lacks ${missing.join(', ')} of the order`);
  if (surplus.length > 0) throw badCsr(`the CSR asks for ${surplus.join(', ')}, which the order does not have`);
}

async function settle(
  ca: CaContext,
  order: Order,
  csr: ParsedCsr,
  failure: Order['error'],
  signal: AbortSignal,
): Promise<void> {
  await ca.clock.sleep(ca.policy.processingTime, signal);
  if (failure !== undefined) {
    order.status = 'invalid';
    order.error = failure;
    return;
  }
  try {
    order.certificate = await issue(ca, order, csr);
    order.status = 'valid';
  } catch (error) {
    order.status = 'invalid';
    order.error = {
      type: 'serverInternal',
      detail: `the certificate could not be made: ${messageOf(error)}`,
      status: 500,
    };
  }
}

async function issue(ca: CaContext, order: Order, csr: ParsedCsr): Promise<IssuedRecord> {
  const lifetime =
    (order.profile === undefined ? undefined : ca.policy.profiles[order.profile]) ?? ca.policy.certificateLifetime;
  const now = ca.clock.now();
  // Backdated like a public CA's, for clients whose clock is behind; not where that would swallow the lifetime.
  const notBefore = lifetime >= DAY ? now - HOUR : now;
  const notAfter = now + lifetime;
  const leaf = await issueCertificate({
    issuer: ca.authorities.intermediate,
    publicKey: csr.publicKey,
    names: order.names,
    notBefore,
    notAfter,
  });
  const [certificate] = parseChain(leaf);
  if (certificate === undefined) throw new Error('an issued certificate holds no certificate');
  const record: IssuedRecord = {
    id: certificateId(certificate),
    account: order.account,
    names: order.names,
    leaf,
    der: certificate.der,
    notBefore,
    notAfter,
  };
  ca.state.certificates.set(record.id, record);
  return record;
}

function badCsr(detail: string): Refusal {
  return new Refusal({ type: 'badCSR', detail, status: 400 });
}
