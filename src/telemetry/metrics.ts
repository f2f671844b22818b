import type { EventSink } from './event.ts';
import { countCalls } from './api-metrics.ts';
import { createOrdersInFlight } from './orders-in-flight.ts';

/** What a DNS server counts, since it started. */
export interface DnsCounts {
  readonly queries: number;
  readonly overTcp: number;
  readonly truncated: number;
  readonly dropped: number;
  readonly connectionsCut: number;
  /** By the name of the response code. */
  readonly answers: Readonly<Partial<Record<string, number>>>;
}

export interface Metrics {
  readonly recordEvent: EventSink;
  /** Told after each call of the HTTP API. `result`: `success`, or the code of the error. `duration` in ms. */
  readonly recordCall: (call: {
    readonly operation: string;
    readonly result: string;
    readonly duration: number;
  }) => void;
  /** A certificate that is in place already. Times in ms since the epoch. */
  readonly recordCertificate: (certificate: string, notAfter: number) => void;
  /** Read anew at each look. */
  readonly watchDns: (counts: () => DnsCounts) => void;
  /** Asked at each look; when it rejects, the gauge stays as it was. */
  readonly watchAccounts: (count: () => Promise<number>) => void;
  /** Prometheus text format 0.0.4. */
  readonly text: () => Promise<string>;
}

/** Loads the metrics library, so that a command which has no /metrics does not pay for it. */
export async function createMetrics(): Promise<Metrics> {
  const { Counter, Gauge, Registry } = await import('@prometheus-io/client');
  const registry = new Registry();
  const registers = [registry];
  const issuances = new Counter({
    name: 'evercert_issuances_total',
    help: 'Issuances that ended, by outcome; code says why one failed.',
    labelNames: ['outcome', 'code'],
    registers,
  });
  const expiry = new Gauge({
    name: 'evercert_certificate_expiry_timestamp_seconds',
    help: 'When the certificate in place ends.',
    labelNames: ['certificate'],
    registers,
  });
  const renewal = new Gauge({
    name: 'evercert_certificate_renewal_timestamp_seconds',
    help: 'When the certificate is to be renewed.',
    labelNames: ['certificate'],
    registers,
  });
  const missing = new Gauge({
    name: 'evercert_delegation_missing',
    help: '1 while the CNAME at a challenge name is missing or wrong.',
    labelNames: ['name'],
    registers,
  });
  const api = await countCalls(registry);
  const orders = createOrdersInFlight();
  registry.registerMetric(
    new Gauge({
      name: 'evercert_orders_in_flight',
      help: 'Orders that are neither issued nor failed.',
      registers: [],
      collect() {
        this.set(orders.count());
      },
    }),
  );

  const recordEvent: EventSink = (event) => {
    orders.record(event);
    if (event.type === 'certificate.issued') {
      issuances.inc({ outcome: 'issued', code: '' });
      expiry.set({ certificate: event.certificate }, seconds(event.notAfter));
    } else if (event.type === 'issuance.failed') {
      issuances.inc({ outcome: 'failed', code: event.code });
    } else if (event.type === 'renewal.planned') {
      renewal.set({ certificate: event.certificate }, seconds(event.at));
    } else if (event.type === 'delegation.needed' || event.type === 'delegation.seen') {
      missing.set({ name: event.name }, event.type === 'delegation.needed' ? 1 : 0);
    }
  };

  function watchDns(counts: () => DnsCounts): void {
    const single = (name: string, help: string, read: (now: DnsCounts) => number) =>
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read(counts()));
        },
      });
    single('evercert_dns_queries_total', 'DNS queries that came.', ({ queries }) => queries);
    single('evercert_dns_queries_tcp_total', 'Of the DNS queries: those over TCP.', ({ overTcp }) => overTcp);
    single('evercert_dns_truncated_total', 'DNS answers that were cut short.', ({ truncated }) => truncated);
    single('evercert_dns_dropped_total', 'DNS packets that got no answer.', ({ dropped }) => dropped);
    single(
      'evercert_dns_connections_cut_total',
      'DNS connections that were closed by us.',
      (now) => now.connectionsCut,
    );
    registry.registerMetric(
      new Counter({
        name: 'evercert_dns_answers_total',
        help: 'DNS answers by response code.',
        labelNames: ['rcode'],
        registers: [],
        collect() {
          this.reset();
          for (const [rcode, count] of Object.entries(counts().answers)) this.inc({ rcode }, count ?? 0);
        },
      }),
    );
  }

  return {
    recordEvent,
    recordCall: api.record,
    recordCertificate: (certificate, notAfter) => expiry.set({ certificate }, seconds(notAfter)),
    watchDns,
    watchAccounts: api.watchAccounts,
    text: () => registry.metrics(),
  };
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
