import type { Clock } from '../core/clock.ts';
import type { KubeClient } from './api/client.ts';
import type { ControllerObserver } from './api/controller.ts';
import type { EventRecorder } from './api/event-recorder.ts';
import type { Informer } from './api/informer.ts';
import type { SecretCache } from './api/secret-cache.ts';
import type { KubeOptions } from './options.ts';
import type { Certificate } from './schema/certificate.ts';
import type { CertificateRequest } from './schema/certificate-request.ts';
import type { ClusterIssuer, Issuer } from './schema/issuer.ts';

/** What every controller gets. Made in app/, and in tests of fakes. */
export interface KubeDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly certificates: Informer<Certificate>;
  readonly requests: Informer<CertificateRequest>;
  readonly issuers: Informer<Issuer>;
  readonly clusterIssuers: Informer<ClusterIssuer>;
  readonly secrets: SecretCache;
  readonly events: EventRecorder;
  readonly options: KubeOptions;
  /** What went wrong in a reconcile that is tried again; logged by whoever composes. */
  readonly report: (error: unknown, controller: string, key: string) => void;
  readonly observe: ControllerObserver;
}

/** Something that works until the signal aborts. */
export interface KubePart {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}
