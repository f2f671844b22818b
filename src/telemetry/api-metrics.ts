import type { Registry } from '@prometheus-io/client';
import type { Metrics } from './metrics.ts';

/** Operations that put a TXT value in place, and those that make an account: the names that acme-dns counts under. */
const UPDATES = new Set(['update', 'present']);
const REGISTRATIONS = new Set(['register']);

/** Upper bounds in seconds. A call waits for the disk, and one that looks at a CNAME for other servers. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is counted of the HTTP API. */
export async function countCalls(
  registry: Registry,
): Promise<{ record: Metrics['recordCall']; watchAccounts: Metrics['watchAccounts'] }> {
  const { Counter, Gauge, Histogram } = await import('@prometheus-io/client');
  const registers = [registry];
  const calls = new Counter({
    name: 'evercert_api_calls_total',
    help: 'Calls of the HTTP API, by operation and result.',
    labelNames: ['operation', 'result'],
    registers,
  });
  const durations = new Histogram({
    name: 'evercert_api_call_duration_seconds',
    help: 'How long calls of the HTTP API took, from the end of the request to the answer.',
    labelNames: ['operation'],
    buckets: BUCKETS,
    registers,
  });
  const updates = new Counter({
    name: 'acmedns_challenge_updates_total',
    help: 'Attempts to put a TXT value in place, by result.',
    labelNames: ['result'],
    registers,
  });
  const registrations = new Counter({
    name: 'acmedns_registrations_total',
    help: 'Attempts to register an account, by result.',
    labelNames: ['result'],
    registers,
  });
  return {
    record({ operation, result, duration }) {
      calls.inc({ operation, result });
      durations.observe({ operation }, duration / 1000);
      const outcome = { result: result === 'success' ? 'success' : 'failure' };
      if (UPDATES.has(operation)) updates.inc(outcome);
      if (REGISTRATIONS.has(operation)) registrations.inc(outcome);
    },
    watchAccounts(count) {
      registry.registerMetric(
        new Gauge({
          name: 'acmedns_registered_accounts',
          help: 'Accounts that are registered.',
          registers: [],
          async collect() {
            const now = await count().catch(() => undefined);
            if (now !== undefined) this.set(now);
          },
        }),
      );
    },
  };
}
