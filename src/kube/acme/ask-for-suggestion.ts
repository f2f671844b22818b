import { DomainError } from '../../core/error.ts';
import { certificateId } from '../../pki/certificate-id.ts';
import { parseCertificate } from '../../pki/parsed-certificate.ts';
import type { ParsedCertificate } from '../../pki/parsed-certificate.ts';
import { again, done } from '../api/controller.ts';
import type { Result } from '../api/controller.ts';
import { secretBytes } from '../api/secret.ts';
import { issuingSince } from '../certificate/certificate-status.ts';
import { sameIssuer } from '../certificate/issuer-identity.ts';
import { fromTime } from '../conditions.ts';
import { findIssuer, readIssuerReference } from '../issuer/issuer-lookup.ts';
import { certificateResource } from '../schema/certificate.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateStatus } from '../schema/certificate-status.ts';
import type { AcmeServer } from './acme-access.ts';
import type { AcmeDeps } from './acme-deps.ts';
import { acmeServerOf } from './acme-server.ts';
import { nextQuestion, withoutSuggestion, withSuggestion, withSuggestionFault } from './renewal-suggestion.ts';

/** Timers are set for no longer than this, so that a clock that was put right is noticed, in ms. */
const LONGEST_PAUSE = 6 * 3_600_000;

export type SuggestionDeps = Pick<
  AcmeDeps,
  'client' | 'certificates' | 'issuers' | 'clusterIssuers' | 'secrets' | 'events' | 'clock' | 'random' | 'access'
>;

/**
 * Asks the CA of one certificate when it is to be renewed (RFC 9773), when it is time to ask, and keeps what it says in the status, where the policies
 * read it.
 */
export async function askForSuggestion(deps: SuggestionDeps, key: string, signal: AbortSignal): Promise<Result> {
  const certificate = deps.certificates.get(key);
  const server = certificate && serverToAsk(deps, certificate);
  if (certificate === undefined || server === undefined) return done;
  const now = deps.clock.now();
  const { status = {} } = certificate;
  const due = nextQuestion(status);
  if (due > now) return again(Math.min(due - now, LONGEST_PAUSE));
  const leaf = await leafOf(deps, certificate, signal);
  const id = leaf && idOf(leaf);
  if (leaf === undefined || id === undefined) return done;
  const answered = await answer(deps, { certificate, status, leaf, id, server }, signal);
  // Whoever looks after the Certificate has to know of it, so that this is not one of his own writes.
  const written = await deps.client.updateStatus(certificateResource, { ...certificate, status: answered }, { signal });
  deps.certificates.upsert(written);
  // The change of status brings us back, for the next question.
  return done;
}

/** Only what is wanted, is not being renewed already, and comes from a CA that may be asked. */
function serverToAsk(deps: SuggestionDeps, certificate: Certificate): AcmeServer | undefined {
  const { metadata, spec, status } = certificate;
  const isLeft = spec.renewal?.policy === 'Disabled' || metadata.deletionTimestamp !== undefined;
  if (isLeft || status?.notAfter === undefined || issuingSince(certificate) !== undefined) return undefined;
  const reference = readIssuerReference(spec.issuerRef);
  if (reference === 'foreign') return undefined;
  const issuer = findIssuer(deps, reference.kind, reference.name, metadata.namespace ?? '');
  const { acme } = issuer?.spec ?? {};
  if (acme === undefined || acme.renewalInformationSource === 'None') return undefined;
  const found = acmeServerOf(acme);
  return found.kind === 'server' ? found.server : undefined;
}

/** The certificate in the Secret, when the issuer of the spec has issued it for this Certificate and the status tells of it. */
async function leafOf(
  { secrets }: SuggestionDeps,
  { metadata, spec, status }: Certificate,
  signal: AbortSignal,
): Promise<ParsedCertificate | undefined> {
  const secret = await secrets.read({ namespace: metadata.namespace, name: spec.secretName }, signal);
  const of = (annotation: string): string => secret?.metadata.annotations?.[`cert-manager.io/${annotation}`] ?? '';
  const issuer = { name: of('issuer-name'), kind: of('issuer-kind'), group: of('issuer-group') };
  const pem = secret && secretBytes(secret, 'tls.crt');
  if (pem === undefined || of('certificate-name') !== metadata.name || !sameIssuer(issuer, spec.issuerRef))
    return undefined;
  try {
    const leaf = parseCertificate(Buffer.from(pem).toString('utf8'));
    const isAbout = fromTime(status?.notBefore) === leaf.notBefore && fromTime(status?.notAfter) === leaf.notAfter;
    return isAbout ? leaf : undefined;
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

/** Its name at the CA; undefined for one that names no authority, such as a temporary one: nobody can be asked about it. */
function idOf(leaf: ParsedCertificate): string | undefined {
  try {
    return certificateId(leaf);
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

interface Question {
  readonly certificate: Certificate;
  readonly status: CertificateStatus;
  readonly leaf: ParsedCertificate;
  readonly id: string;
  readonly server: AcmeServer;
}

async function answer(deps: SuggestionDeps, question: Question, signal: AbortSignal): Promise<CertificateStatus> {
  const { certificate, status, leaf, id, server } = question;
  const { access, clock, events, random } = deps;
  try {
    const suggestion = await access.renewalInfo(server, id, signal);
    const now = clock.now();
    if (suggestion === undefined) return withoutSuggestion(status, now);
    return withSuggestion(status, certificate.spec, leaf, suggestion, { now, random: random() });
  } catch (error) {
    if (!(error instanceof DomainError) || signal.aborted) throw error;
    const { message, retry } = error;
    if (status.acme?.ari?.lastError !== message)
      events.record(certificate, { type: 'Warning', reason: 'ARIError', message });
    const retryAt = retry.kind === 'after' ? { retryAt: retry.at } : {};
    return withSuggestionFault(status, message, { now: clock.now(), ...retryAt });
  }
}
