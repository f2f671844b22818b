import type { CertificateName } from '../core/domain-name.ts';
import type { CaContext } from './context.ts';
import { jsonAnswer } from './exchange.ts';
import type { Answer, OpenRequest } from './exchange.ts';
import { malformed, Refusal } from './problem.ts';
import type { Account, IssuedRecord } from './state.ts';

/** RFC 9773 section 4.2: when to renew. Not signed, for anybody who knows the certificate. */
export function getRenewalInfo(ca: CaContext, request: OpenRequest): Answer {
  const record = ca.state.certificates.get(request.id);
  if (record === undefined) throw malformed('this CA knows no certificate of that name', 404);
  const { start, end } = request.faults.get('window') ?? suggestedWindow(ca, record);
  const lifetime = record.notAfter - record.notBefore;
  const seconds = Math.max(1, Math.min(21_600, Math.floor(lifetime / 20_000)));
  return jsonAnswer({ suggestedWindow: { start, end } }, { headers: { 'retry-after': String(seconds) } });
}

/** Two hundredths of the lifetime around two thirds of it, as Let's Encrypt does; wholly in the past once revoked. */
function suggestedWindow(ca: CaContext, record: IssuedRecord): { start: string; end: string } {
  const lifetime = record.notAfter - record.notBefore;
  const revoked = record.revokedAt !== undefined;
  const start = revoked ? ca.clock.now() - lifetime / 50 - 1000 : record.notBefore + lifetime * (2 / 3 - 1 / 100);
  return { start: new Date(start).toISOString(), end: new Date(start + lifetime / 50).toISOString() };
}

/** The certificate that a new order says it replaces (RFC 9773 section 5). @throws Refusal malformed, or alreadyReplaced (409) */
export function checkReplaced(
  ca: CaContext,
  replaces: unknown,
  account: Account,
  names: readonly CertificateName[],
): IssuedRecord | undefined {
  if (replaces === undefined) return undefined;
  const record = typeof replaces === 'string' ? ca.state.certificates.get(replaces) : undefined;
  if (record === undefined) throw malformed('"replaces" names no certificate of this CA');
  if (record.account !== account) throw malformed('"replaces" names a certificate of another account');
  if (!record.names.some((name) => names.some((ordered) => ordered === name))) {
    throw malformed('"replaces" names a certificate that shares no name with the order');
  }
  if (record.replacedBy !== undefined) {
    throw new Refusal({
      type: 'alreadyReplaced',
      detail: 'another order replaces the certificate already',
      status: 409,
    });
  }
  return record;
}
