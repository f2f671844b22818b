import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCertificateName, parseDomainName } from '../core/domain-name.ts';
import type { Event } from './event.ts';
import { createMetrics } from './metrics.ts';

const name = parseDomainName('_acme-challenge.example.org');
const target = parseDomainName('x.auth.example.net');
const names = [parseCertificateName('example.org')];
const certificate = 'example.org';
const created: Event = { type: 'order.created', certificate, ca: 'https://ca', url: 'https://ca/1', names };
const issued: Event = {
  type: 'certificate.issued',
  certificate,
  serial: '1',
  notBefore: 0,
  notAfter: 90_000,
  issuer: 'CA',
};
const delivered: Event = { type: 'certificate.delivered', certificate, files: [] };

describe('metrics', () => {
  const rows: [what: string, events: readonly Event[], line: string][] = [
    ['an order in flight', [created], 'evercert_orders_in_flight 1'],
    [
      'an order that was resumed is not a second one',
      [created, { type: 'order.resumed', certificate, url: 'u', step: 's' }],
      'evercert_orders_in_flight 1',
    ],
    ['a delivered order', [created, issued, delivered], 'evercert_orders_in_flight 0'],
    ['issuances', [issued, issued], 'evercert_issuances_total{outcome="issued",code=""} 2'],
    [
      'failures by code',
      [{ type: 'issuance.failed', certificate, code: 'acme-caa', message: 'm', retryAt: undefined }],
      'evercert_issuances_total{outcome="failed",code="acme-caa"} 1',
    ],
    ['expiry', [issued], 'evercert_certificate_expiry_timestamp_seconds{certificate="example.org"} 90'],
    [
      'renewal',
      [{ type: 'renewal.planned', certificate, at: 60_000, reason: 'r' }],
      'evercert_certificate_renewal_timestamp_seconds{certificate="example.org"} 60',
    ],
    [
      'a missing CNAME',
      [{ type: 'delegation.needed', certificate, name, target, message: 'm' }],
      'evercert_delegation_missing{name="_acme-challenge.example.org"} 1',
    ],
    [
      'a CNAME that came',
      [
        { type: 'delegation.needed', certificate, name, target, message: 'm' },
        { type: 'delegation.seen', certificate, name, target },
      ],
      'evercert_delegation_missing{name="_acme-challenge.example.org"} 0',
    ],
  ];
  for (const [what, events, line] of rows) {
    test(what, async () => {
      const metrics = await createMetrics();
      for (const event of events) metrics.recordEvent(event);
      assert.ok((await metrics.text()).split('\n').includes(line), await metrics.text());
    });
  }

  test('DNS counts are read anew at each look', async () => {
    const metrics = await createMetrics();
    let queries = 5;
    metrics.watchDns(() => ({
      queries,
      overTcp: 1,
      truncated: 0,
      dropped: 2,
      connectionsCut: 0,
      answers: { NOERROR: queries },
    }));
    assert.match(await metrics.text(), /^evercert_dns_queries_total 5$/m);
    queries = 7;
    const text = await metrics.text();
    assert.match(text, /^evercert_dns_queries_total 7$/m);
    assert.match(text, /^evercert_dns_answers_total\{rcode="NOERROR"\} 7$/m);
    assert.match(text, /^evercert_dns_dropped_total 2$/m);
  });

  test('calls of the API, and certificates that were there before', async () => {
    const metrics = await createMetrics();
    metrics.recordCall({ operation: 'update', result: 'success', duration: 3 });
    metrics.recordCall({ operation: 'update', result: 'bad_txt', duration: 300 });
    metrics.recordCall({ operation: 'present', result: 'success', duration: 1 });
    metrics.recordCall({ operation: 'register', result: 'db_error', duration: 20_000 });
    metrics.recordCall({ operation: 'rotate', result: 'success', duration: 1 });
    let accounts = async () => 3;
    metrics.watchAccounts(() => accounts());
    metrics.recordCertificate('old', 1_000_999);
    const text = await metrics.text();
    assert.match(text, /^evercert_api_calls_total\{operation="update",result="success"\} 1$/m);
    assert.match(text, /^evercert_certificate_expiry_timestamp_seconds\{certificate="old"\} 1000$/m);
    for (const line of [
      'acmedns_challenge_updates_total{result="success"} 2',
      'acmedns_challenge_updates_total{result="failure"} 1',
      'acmedns_registrations_total{result="failure"} 1',
      'acmedns_registered_accounts 3',
      'evercert_api_calls_total{operation="update",result="bad_txt"} 1',
      'evercert_api_call_duration_seconds_bucket{le="0.005",operation="update"} 1',
      'evercert_api_call_duration_seconds_count{operation="update"} 2',
    ]) {
      assert.ok(text.split('\n').includes(line), `${line} in\n${text}`);
    }
    accounts = () => Promise.reject(new Error('the store is away'));
    assert.match(await metrics.text(), /^acmedns_registered_accounts 3$/m);
  });
});
