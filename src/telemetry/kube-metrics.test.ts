import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKubeMetrics } from './kube-metrics.ts';
import type { KubeSnapshot } from './kube-metrics.ts';

const NOW = Date.UTC(2026, 0, 1);

test('under the names that dashboards and alerts look for', async () => {
  let snapshot: KubeSnapshot = {
    certificates: [
      {
        name: 'web',
        namespace: 'default',
        issuer: { name: 'ca', kind: 'Issuer', group: 'cert-manager.io' },
        ready: 'True',
        notBefore: NOW - 1000,
        notAfter: NOW + 90_500,
        renewal: NOW + 60_000,
        issuingSince: NOW - 5000,
      },
    ],
    issuers: [{ name: 'ca', namespace: 'default', ready: 'False' }],
    clusterIssuers: [{ name: 'all', ready: 'Unknown' }],
    challenges: [
      {
        name: 'web-1',
        namespace: 'default',
        domain: 'example.org',
        type: 'DNS-01',
        status: 'pending',
        processing: true,
        reason: 'it "waits"',
      },
    ],
  };
  const metrics = await createKubeMetrics(
    () => snapshot,
    () => NOW,
  );
  metrics.observer.synced('certificates', 'failed', 20);
  metrics.recordIssued({ name: 'ca', kind: 'Issuer', group: 'cert-manager.io' }, 3000);
  metrics.recordFailed({ name: 'ca', kind: 'Issuer', group: 'cert-manager.io' }, 'Denied');
  const url = 'https://ca.example/order';
  metrics.recordExchange({ method: 'POST', url, doing: 'create the order', status: 201, milliseconds: 30 });
  metrics.recordExchange({ method: 'POST', url, doing: 'create the order', status: undefined, milliseconds: 30 });
  const text = await metrics.text();
  const labels = 'name="web",namespace="default",issuer_name="ca",issuer_kind="Issuer",issuer_group="cert-manager.io"';
  for (const line of [
    `certmanager_certificate_ready_status{${labels},condition="True"} 1`,
    `certmanager_certificate_ready_status{${labels},condition="False"} 0`,
    `certmanager_certificate_ready_status{${labels},condition="Unknown"} 0`,
    `certmanager_certificate_expiration_timestamp_seconds{${labels}} ${NOW / 1000 + 90}`,
    `certmanager_certificate_renewal_timestamp_seconds{${labels}} ${NOW / 1000 + 60}`,
    'certmanager_issuer_ready_status{name="ca",namespace="default",condition="False"} 1',
    'certmanager_clusterissuer_ready_status{name="all",condition="Unknown"} 1',
    'certmanager_controller_sync_call_count{controller="certificates"} 1',
    'certmanager_controller_sync_error_count{controller="certificates"} 1',
    'certmanager_certificate_challenge_status{name="web-1",namespace="default",domain="example.org",type="DNS-01",status="pending",reason="it \\"waits\\"",processing="true"} 1',
    `certmanager_clock_time_seconds ${NOW / 1000}`,
    `certmanager_clock_time_seconds_gauge ${NOW / 1000}`,
    'certmanager_http_acme_client_request_count{scheme="https",host="ca.example",action="create_the_order",method="POST",status="201"} 1',
    'certmanager_http_acme_client_request_count{scheme="https",host="ca.example",action="create_the_order",method="POST",status="0"} 1',
    'evercert_certificates_issuing 1',
    'evercert_oldest_issuance_age_seconds 5',
    'evercert_certificate_issuance_failures_total{issuer_name="ca",issuer_kind="Issuer",issuer_group="cert-manager.io",reason="Denied"} 1',
  ]) {
    assert.ok(text.includes(`${line}\n`), line);
  }
  assert.match(text, /evercert_certificate_issuance_duration_seconds_count\{.*\} 1/);
  snapshot = { ...snapshot, certificates: [], challenges: [] };
  assert.doesNotMatch(await metrics.text(), /name="web"/, 'what is gone is not shown any more');
});
