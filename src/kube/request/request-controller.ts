import { isDeepStrictEqual } from 'node:util';
import { assertNever } from '../../core/assert-never.ts';
import { again, createController, done } from '../api/controller.ts';
import type { Controller, Result } from '../api/controller.ts';
import { isKubeError } from '../api/kube-error.ts';
import { keyOf } from '../api/object.ts';
import type { KubeDeps } from '../deps.ts';
import { requestsOfIssuer, requestsOfPrivateKey } from '../indexes.ts';
import type { AnyIssuer } from '../issuer/issuer-lookup.ts';
import type { IssuerType } from '../issuer/issuer-type.ts';
import { retryConflict } from '../retry-conflict.ts';
import { certificateRequestResource } from '../schema/certificate-request.ts';
import type { CertificateRequest } from '../schema/certificate-request.ts';
import type { CertificateRequestStatus } from '../schema/certificate-request-fields.ts';
import { judgeRequest } from './judge-request.ts';
import { tellRequest } from './request-events.ts';
import { isApproved } from './request-state.ts';
import type { RequestSigner, SigningOutcome } from './request-signer.ts';
import { approved, DENIED_MESSAGE, failed, invalid, issued, pending, statusOf } from './request-status.ts';

export type RequestSigners = ReadonlyMap<IssuerType, RequestSigner>;

const NAME = 'certificaterequests';

/**
 * Approves CertificateRequests and has them signed, also those that were made by hand. One controller for all types of issuers, so that a request
 * that can be signed at once is approved and issued in one write, which nobody's refusal can come between.
 */
export function createRequestController(deps: KubeDeps, signers: RequestSigners): Controller {
  const { requests, issuers, clusterIssuers, secrets, options, clock } = deps;
  const controller = createController({
    name: NAME,
    workers: options.workers,
    clock,
    reconcile: (key, signal) =>
      retryConflict({ client: deps.client, informer: requests }, key, signal, () => reconcileAndSay(key, signal)),
    onError: (error, key) => deps.report(error, NAME, key),
    observe: deps.observe,
    backoff: { first: 1000, longest: 5 * 60_000 },
  });

  /** Those of which it was told that they wait for somebody's approval. */
  const unapproved = new Set<string>();

  /** What the API server refuses (an approval without the right to it, an Order that a policy forbids) only a person can mend, so it is said. */
  async function reconcileAndSay(key: string, signal: AbortSignal): Promise<Result> {
    try {
      return await reconcile(key, signal);
    } catch (error) {
      const request = requests.get(key);
      if (isKubeError(error, 'kube-forbidden', 'kube-invalid') && request !== undefined) {
        // Whatever hinders that as well is the smaller trouble.
        await write(request, pending(statusOf(request), error.message, clock.now()), signal).catch(() => {});
      }
      throw error;
    }
  }

  async function reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const request = requests.get(key);
    if (request === undefined || isApproved(request)) unapproved.delete(key);
    if (request === undefined) return done;
    const judgement = judgeRequest(request, deps, options.approve);
    const status = statusOf(request);
    const now = clock.now();
    switch (judgement.kind) {
      case 'nothing':
        return done;
      case 'approve':
        await write(request, approved(status, now), signal);
        return done;
      case 'deny':
        await write(request, failed(status, 'Denied', DENIED_MESSAGE, now), signal);
        return done;
      case 'invalid': {
        const { message } = judgement;
        await write(request, invalid(status, message, now), signal);
        tellRequest(deps.events, request, { kind: 'failed', message, eventReason: 'RequestParsingError' });
        return done;
      }
      case 'await-approval':
        if (!unapproved.has(key)) tellRequest(deps.events, request, { kind: 'unapproved' });
        unapproved.add(key);
        return done;
      case 'await-issuer': {
        const { reason, message } = judgement;
        const base = options.approve ? approveOnce(status, now) : status;
        if (await write(request, pending(base, message, now), signal)) {
          tellRequest(deps.events, request, { kind: 'waiting', reason, message });
        }
        return done;
      }
      case 'sign': {
        const signer = signers.get(judgement.type);
        const outcome =
          signer === undefined
            ? unsupported(judgement.issuer, judgement.type)
            : await signer.sign(request, judgement.issuer, signal);
        const base = judgement.approve ? approved(status, now) : status;
        const changed = await write(request, withOutcome(base, outcome, clock.now()), signal);
        if (changed) tellRequest(deps.events, request, outcome);
        return outcome.kind === 'pending' && outcome.again !== undefined ? again(outcome.again) : done;
      }
      default:
        return assertNever(judgement);
    }
  }

  /** Whether there was anything to write. */
  async function write(
    request: CertificateRequest,
    status: CertificateRequestStatus,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (isDeepStrictEqual(status, statusOf(request))) return false;
    const written = await deps.client.updateStatus(certificateRequestResource, { ...request, status }, { signal });
    requests.upsert(written);
    return true;
  }

  const wake = (found: readonly CertificateRequest[]) => {
    for (const request of found) controller.add(keyOf(request), 'urgent');
  };
  requests.onChange((key, _, after) => {
    if (after !== undefined) controller.add(key, requests.isSynced() ? 'urgent' : 'normal');
  });
  const onIssuer = (_: string, before: AnyIssuer | undefined, after: AnyIssuer | undefined) => {
    const issuer = after ?? before;
    if (issuer !== undefined) wake(requestsOfIssuer(requests, issuer));
  };
  issuers.onChange(onIssuer);
  clusterIssuers.onChange(onIssuer);
  secrets.onChange((key) => wake(requestsOfPrivateKey(requests, key)));
  for (const signer of signers.values()) signer.watch?.((key) => controller.add(key, 'urgent'));

  return controller;
}

function approveOnce(status: CertificateRequestStatus, now: number): CertificateRequestStatus {
  return status.conditions?.some(({ type }) => type === 'Approved') === true ? status : approved(status, now);
}

function withOutcome(status: CertificateRequestStatus, outcome: SigningOutcome, now: number): CertificateRequestStatus {
  switch (outcome.kind) {
    case 'issued':
      return issued(status, outcome, now);
    case 'pending':
      return pending(status, outcome.message, now);
    case 'failed':
      return failed(status, 'Failed', outcome.message, now);
    default:
      return assertNever(outcome);
  }
}

function unsupported({ kind, metadata }: AnyIssuer, type: IssuerType): SigningOutcome {
  return {
    kind: 'pending',
    message: `${kind} "${metadata.name}" is of the type ${type}, which evercert does not sign for`,
  };
}
