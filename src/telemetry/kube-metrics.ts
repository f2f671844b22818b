/** A Certificate as metrics show it. Times in ms since the epoch. */
export interface CertificateSample {
  readonly name: string;
  readonly namespace: string;
  readonly issuer: IssuerLabels;
  readonly ready: ReadyStatus;
  readonly notBefore: number | undefined;
  readonly notAfter: number | undefined;
  readonly renewal: number | undefined;
  /** Since when it is being issued. */
  readonly issuingSince: number | undefined;
}

/** A Challenge as metrics show it. */
export interface ChallengeSample {
  readonly name: string;
  readonly namespace: string;
  readonly domain: string;
  readonly type: string;
  readonly status: string;
  readonly processing: boolean;
  /** What it waits for, or why it failed; empty when there is nothing to say. */
  readonly reason: string;
}

/** One exchange with a CA. `status` is undefined when there was no answer. */
export interface CaExchange {
  readonly method: string;
  readonly url: string;
  readonly doing: string;
  readonly status: number | undefined;
  readonly milliseconds: number;
}

export interface IssuerLabels {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
}

export interface IssuerSample {
  readonly name: string;
  /** Absent for a ClusterIssuer. */
  readonly namespace?: string | undefined;
  readonly ready: ReadyStatus;
}

export type ReadyStatus = 'True' | 'False' | 'Unknown';

/** What there is at the moment of a look. */
export interface KubeSnapshot {
  readonly certificates: readonly CertificateSample[];
  readonly issuers: readonly IssuerSample[];
  readonly clusterIssuers: readonly IssuerSample[];
  readonly challenges: readonly ChallengeSample[];
}

export interface KubeMetrics {
  readonly observer: {
    readonly synced: (controller: string, outcome: 'done' | 'again' | 'failed', milliseconds: number) => void;
    readonly depth: (controller: string, keys: number) => void;
  };
  /** How long it took from the beginning of an issuance to the Secret, in ms. */
  readonly recordIssued: (issuer: IssuerLabels, milliseconds: number) => void;
  readonly recordFailed: (issuer: IssuerLabels, reason: string) => void;
  readonly recordExchange: (exchange: CaExchange) => void;
  /** Prometheus text format 0.0.4. */
  readonly text: () => Promise<string>;
}

const CONDITIONS: readonly ReadyStatus[] = ['True', 'False', 'Unknown'];
const CERTIFICATE_LABELS = ['name', 'namespace', 'issuer_name', 'issuer_kind', 'issuer_group'] as const;
const EXCHANGE_LABELS = ['scheme', 'host', 'action', 'method', 'status'] as const;
const ISSUER_LABELS = ['issuer_name', 'issuer_kind', 'issuer_group'] as const;

/**
 * Metrics of the Kubernetes controllers: under cert-manager's names what it has, so that dashboards and alerts go on working, and under our own what it
 * has not. What can be seen in objects is read when somebody looks, so that a change of an object costs nothing.
 */
export async function createKubeMetrics(snapshot: () => KubeSnapshot, now: () => number): Promise<KubeMetrics> {
  const { Counter, Gauge, Histogram, Registry } = await import('@prometheus-io/client');
  const registry = new Registry();
  const registers = [registry];

  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    samples: () => Iterable<readonly [labels: Record<string, string>, value: number]>,
  ) =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: [...labelNames],
        registers: [],
        collect() {
          this.reset();
          for (const [labels, value] of samples()) this.set(labels, value);
        },
      }),
    );

  gauge(
    'certmanager_certificate_ready_status',
    'Whether a Certificate is Ready: 1 for the status that it has, 0 for the others.',
    [...CERTIFICATE_LABELS, 'condition'],
    () => snapshot().certificates.flatMap((one) => readiness(certificateLabels(one), one.ready)),
  );
  const times = [
    ['certmanager_certificate_expiration_timestamp_seconds', 'When a certificate ends.', 'notAfter'],
    ['certmanager_certificate_not_after_timestamp_seconds', 'When a certificate ends.', 'notAfter'],
    ['certmanager_certificate_not_before_timestamp_seconds', 'When a certificate begins.', 'notBefore'],
    ['certmanager_certificate_renewal_timestamp_seconds', 'When a certificate is renewed.', 'renewal'],
  ] as const;
  for (const [name, help, field] of times) {
    gauge(name, help, CERTIFICATE_LABELS, () =>
      snapshot().certificates.map((one) => [certificateLabels(one), Math.floor((one[field] ?? 0) / 1000)] as const),
    );
  }
  gauge('certmanager_issuer_ready_status', 'Whether an Issuer is Ready.', ['name', 'namespace', 'condition'], () =>
    snapshot().issuers.flatMap(({ name, namespace = '', ready }) => readiness({ name, namespace }, ready)),
  );
  gauge('certmanager_clusterissuer_ready_status', 'Whether a ClusterIssuer is Ready.', ['name', 'condition'], () =>
    snapshot().clusterIssuers.flatMap(({ name, ready }) => readiness({ name }, ready)),
  );
  gauge(
    'certmanager_certificate_challenge_status',
    'Challenges that there are, by their state.',
    ['name', 'namespace', 'domain', 'type', 'status', 'processing', 'reason'],
    () => snapshot().challenges.map(({ processing, ...labels }) => [{ ...labels, processing: String(processing) }, 1]),
  );
  // The first of the two is the older name, which dashboards still look for.
  for (const name of ['certmanager_clock_time_seconds', 'certmanager_clock_time_seconds_gauge']) {
    gauge(name, 'The clock of this process.', [], () => [[{}, Math.floor(now() / 1000)]]);
  }
  gauge('evercert_certificates_issuing', 'Certificates that are being issued.', [], () => [
    [{}, snapshot().certificates.filter(({ issuingSince }) => issuingSince !== undefined).length],
  ]);
  gauge('evercert_oldest_issuance_age_seconds', 'How long the slowest issuance under way has taken so far.', [], () => {
    const begun = snapshot().certificates.flatMap(({ issuingSince }) => issuingSince ?? []);
    return [[{}, begun.length === 0 ? 0 : (now() - Math.min(...begun)) / 1000]];
  });

  const calls = new Counter({
    name: 'certmanager_controller_sync_call_count',
    help: 'How often a controller has looked at an object.',
    labelNames: ['controller'],
    registers,
  });
  const errors = new Counter({
    name: 'certmanager_controller_sync_error_count',
    help: 'How often that went wrong.',
    labelNames: ['controller'],
    registers,
  });
  const depth = new Gauge({
    name: 'evercert_controller_queue_depth',
    help: 'Objects that wait to be looked at.',
    labelNames: ['controller'],
    registers,
  });
  const lookSeconds = new Histogram({
    name: 'evercert_controller_sync_duration_seconds',
    help: 'How long it took to look at an object once.',
    labelNames: ['controller'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const issuance = new Histogram({
    name: 'evercert_certificate_issuance_duration_seconds',
    help: 'From the beginning of an issuance to the Secret.',
    labelNames: [...ISSUER_LABELS],
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600],
    registers,
  });
  const failures = new Counter({
    name: 'evercert_certificate_issuance_failures_total',
    help: 'Issuances that failed, by the reason that stands in the condition.',
    labelNames: [...ISSUER_LABELS, 'reason'],
    registers,
  });

  const exchanges = new Histogram({
    name: 'certmanager_http_acme_client_request_duration_seconds',
    help: 'How long CAs took to answer.',
    labelNames: [...EXCHANGE_LABELS],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers,
  });
  const exchangeCount = new Counter({
    name: 'certmanager_http_acme_client_request_count',
    help: 'Requests to CAs, by what became of them.',
    labelNames: [...EXCHANGE_LABELS],
    registers,
  });

  return {
    observer: {
      synced(controller, outcome, milliseconds) {
        calls.inc({ controller });
        if (outcome === 'failed') errors.inc({ controller });
        lookSeconds.observe({ controller }, milliseconds / 1000);
      },
      depth: (controller, keys) => depth.set({ controller }, keys),
    },
    recordIssued: (issuer, milliseconds) => issuance.observe(issuerLabels(issuer), milliseconds / 1000),
    recordFailed: (issuer, reason) => failures.inc({ ...issuerLabels(issuer), reason }),
    recordExchange({ method, url, doing, status, milliseconds }) {
      const { protocol, host } = new URL(url);
      const action = doing.replaceAll(' ', '_');
      const labels = { scheme: protocol.slice(0, -1), host, action, method, status: String(status ?? 0) };
      exchangeCount.inc(labels);
      exchanges.observe(labels, milliseconds / 1000);
    },
    text: () => registry.metrics(),
  };
}

function readiness(labels: Record<string, string>, ready: ReadyStatus): [Record<string, string>, number][] {
  return CONDITIONS.map((condition) => [{ ...labels, condition }, condition === ready ? 1 : 0]);
}

function certificateLabels({ name, namespace, issuer }: CertificateSample): Record<string, string> {
  return { name, namespace, ...issuerLabels(issuer) };
}

function issuerLabels({ name, kind, group }: IssuerLabels): Record<string, string> {
  return { issuer_name: name, issuer_kind: kind, issuer_group: group };
}
