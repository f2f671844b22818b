import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHealthApi, createMetricsApi } from './health-api.ts';

const cases: [state: { fault?: string; waitsFor?: string }, path: string, status: number, body: string][] = [
  [{}, '/livez', 200, 'ok'],
  [{}, '/readyz?verbose', 200, 'ok'],
  [{ waitsFor: 'the first list' }, '/livez', 200, 'ok'],
  [{ waitsFor: 'the first list' }, '/healthz', 200, 'ok'],
  [{ waitsFor: 'the first list' }, '/readyz', 503, 'the first list'],
  [{ fault: 'stuck', waitsFor: 'x' }, '/livez', 503, 'stuck'],
  [{ fault: 'stuck', waitsFor: 'x' }, '/readyz', 503, 'stuck'],
  [{}, '/', 404, '404 Not Found'],
  [{}, '/constructor', 404, '404 Not Found'],
  [{}, '/metrics', 404, '404 Not Found'],
];

for (const [{ fault, waitsFor }, path, status, body] of cases) {
  test(`${path} with ${fault ?? waitsFor ?? 'all well'}: ${status}`, async () => {
    const api = createHealthApi({ fault: () => fault, waitsFor: () => waitsFor });
    const response = await api.fetch(new Request(`http://localhost${path}`));
    assert.equal(response.status, status);
    assert.equal(await response.text(), body);
  });
}

test('metrics have the type that Prometheus asks for, and only GET', async () => {
  const api = createMetricsApi(async () => 'up 1\n');
  const response = await api.fetch(new Request('http://localhost/metrics'));
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(await response.text(), 'up 1\n');
  const posted = await api.fetch(new Request('http://localhost/metrics', { method: 'POST' }));
  assert.equal(posted.status, 405);
});
