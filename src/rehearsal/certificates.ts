import { distortChain } from './chain-faults.ts';
import type { CaContext } from './context.ts';
import { ownedBy, requireReading } from './exchange.ts';
import type { AccountRequest, Answer } from './exchange.ts';
import type { IssuedRecord } from './state.ts';

/** RFC 8555 section 7.4.2: the chain without its root, and a Link to the chain of the second root. */
export async function getCertificate(ca: CaContext, request: AccountRequest): Promise<Answer> {
  requireReading(request);
  const record = ownedBy(request.account, ca.state.certificates.get(request.id), 'certificate');
  const fault = request.faults.get('chain');
  const text =
    fault === undefined
      ? record.leaf + ca.authorities.intermediate.certificate
      : await distortChain(ca, record, fault.form);
  return chainAnswer(text, `${certificateUrl(ca, record)}/alternate`);
}

export function getAlternate(ca: CaContext, request: AccountRequest): Answer {
  requireReading(request);
  const record = ownedBy(request.account, ca.state.certificates.get(request.id), 'certificate');
  return chainAnswer(record.leaf + ca.authorities.alternateIntermediate.certificate, certificateUrl(ca, record));
}

export function certificateUrl(ca: CaContext, record: IssuedRecord): string {
  return `${ca.base}/certificate/${record.id}`;
}

function chainAnswer(text: string, alternate: string): Answer {
  return {
    status: 200,
    links: [['alternate', alternate]],
    body: { contentType: 'application/pem-certificate-chain', text },
  };
}
