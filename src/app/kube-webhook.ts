import { withTimeout } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { DomainError, messageOf } from '../core/error.ts';
import type { HttpAddress } from '../http/listen.ts';
import { startHttp } from '../http/listener.ts';
import type { HttpServer } from '../http/listener.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { reviewIdentity } from '../kube/webhook/identity-review.ts';
import { isFresh, newServerCertificate, readWebhookAuthority } from '../kube/webhook/webhook-authority.ts';
import type { ServerCertificate, WebhookAuthority } from '../kube/webhook/webhook-authority.ts';
import { trustWebhook, WEBHOOK_CONFIGURATION } from '../kube/webhook/webhook-configuration.ts';
import type { Logger } from '../telemetry/logger.ts';

const SERVICE = 'evercert-webhook';
/** An object has at most 3 MB, and a review has it once or twice. */
const LARGEST_REVIEW = 8 * 1024 * 1024;
/** How long a configuration that somebody reset stays without our roots, ms. */
const LOOK_AGAIN = 300_000;
const RETRY = 10_000;
const PATIENCE = 30_000;

export interface KubeWebhookOptions {
  readonly listener: HttpAddress;
  /** Where evercert runs: of its service and of the Secret with the CA. */
  readonly namespace: string;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The webhook that writes who asks into CertificateRequests, for API servers without mutating policies. Keeps its CA, its certificate and the
 * configuration of the API server right, until the signal aborts.
 * @throws DomainError `port-in-use`, `port-forbidden`
 */
export async function runKubeWebhook(options: KubeWebhookOptions, signal: AbortSignal): Promise<void> {
  const { clock, logger } = options;
  let serving: Serving | undefined;
  try {
    while (!signal.aborted) {
      let pause = LOOK_AGAIN;
      try {
        serving = await keepRight(options, serving, withTimeout(signal, PATIENCE));
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof DomainError && error.code.startsWith('port-')) throw error;
        logger.warn('the webhook cannot be kept right', { error: messageOf(error) });
        pause = RETRY;
      }
      await clock.sleep(pause, signal).catch(() => {});
    }
  } finally {
    await serving?.server.stop();
  }
}

interface Serving {
  readonly server: HttpServer;
  readonly authority: WebhookAuthority;
  readonly certificate: ServerCertificate;
}

/** The configuration trusts a new CA before the first certificate of it is shown. */
async function keepRight(
  { listener, namespace, client, clock, logger }: KubeWebhookOptions,
  before: Serving | undefined,
  signal: AbortSignal,
): Promise<Serving> {
  const now = clock.now();
  const authority = await readWebhookAuthority(client, namespace, now, signal);
  const serving = before ?? (await listen(listener, await certificateFrom(authority)));
  if (before === undefined) logger.info('webhook', { address: serving.server.addresses[0] });
  if (!(await trustWebhook(client, authority.trust, signal))) {
    const hint = `there is no MutatingWebhookConfiguration ${WEBHOOK_CONFIGURATION}: kubectl apply -f deploy/webhook.yaml`;
    logger.warn('the webhook is not used', { hint });
  }
  const isSame = authority.authority.certificate === serving.authority.authority.certificate;
  if (isSame && isFresh(serving.certificate.cert, now)) return serving;
  const certificate = await certificateFrom(authority);
  serving.server.replaceTls(certificate);
  return { ...serving, authority, certificate };

  async function listen(at: HttpAddress, first: ServerCertificate): Promise<Serving> {
    const limits = { body: LARGEST_REVIEW };
    const server = await startHttp({ listeners: [at], app: { fetch: answer }, tls: first, limits });
    return { server, authority, certificate: first };
  }

  function certificateFrom(from: WebhookAuthority): Promise<ServerCertificate> {
    const names = ['', '.svc', '.svc.cluster.local'].map((suffix) => `${SERVICE}.${namespace}${suffix}`);
    return newServerCertificate(from, [...names, listener.address], now);
  }
}

async function answer(request: Request): Promise<Response> {
  if (request.method !== 'POST') return new Response('a webhook of evercert\n', { status: 405 });
  const review = reviewIdentity(await request.json().catch(() => undefined));
  return review === undefined ? new Response('no AdmissionReview\n', { status: 400 }) : Response.json(review);
}
