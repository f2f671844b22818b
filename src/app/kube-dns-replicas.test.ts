import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '../core/clock.ts';
import { parseDomainName } from '../core/domain-name.ts';
import { createNameTable } from '../dns/name-table.ts';
import type { NameTable } from '../dns/name-table.ts';
import { startDnsServer } from '../dns/server.ts';
import { createReplicaCheck } from './kube-dns-replicas.ts';

const LIMIT = { timeout: 20_000 };
const ZONE = parseDomainName('auth.example.net');
const TARGET = parseDomainName('label.auth.example.net');
const SERVICE = { namespace: 'evercert', name: 'evercert-dns' };
const signal = (): AbortSignal => AbortSignal.timeout(15_000);

async function replica(t: TestContext): Promise<{ names: NameTable; port: number }> {
  const names = createNameTable();
  const dns = await startDnsServer({
    listeners: [{ address: '127.0.0.1', port: 0, transport: 'udp' }],
    zones: [{ origin: ZONE, primary: ZONE, mailbox: ZONE, records: [] }],
    names,
    workers: 0,
  });
  t.after(() => dns.stop());
  return { names, port: dns.addresses[0]?.port ?? 0 };
}

/** EndpointSlices with these ports on 127.0.0.1; those that are not ready last. */
function slices(ready: readonly number[], unready: readonly number[] = []) {
  const slice = (port: number, isReady: boolean | undefined) => ({
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: isReady } }],
    ports: [
      { name: 'dns-tcp', port: 1, protocol: 'TCP' },
      { name: 'dns-udp', port, protocol: 'UDP' },
    ],
  });
  return { items: [...ready.map((port) => slice(port, undefined)), ...unready.map((port) => slice(port, false))] };
}

function check(answer: unknown) {
  const asked: unknown[] = [];
  const raw = async (request: unknown) => {
    asked.push(request);
    return answer;
  };
  return { asked, everywhere: createReplicaCheck({ raw }, SERVICE, systemClock) };
}

describe('the answer on all replicas', () => {
  test('is waited for until the last of them has it', LIMIT, async (t) => {
    const [one, other] = [await replica(t), await replica(t)];
    const { everywhere, asked } = check(slices([one.port, other.port]));
    one.names.set(TARGET, ['value']);
    other.names.set(TARGET, ['another']);
    let isOver = false;
    const waiting = everywhere(TARGET, 'value', signal()).then(() => (isOver = true));
    await everywhere(TARGET, 'another', AbortSignal.timeout(300)).catch(() => {});
    assert.equal(isOver, false);
    other.names.set(TARGET, ['another', 'value']);
    await waiting;
    assert.equal(asked.length, 1, 'the list is kept for a moment');
    assert.deepEqual(asked[0], {
      method: 'GET',
      path: '/apis/discovery.k8s.io/v1/namespaces/evercert/endpointslices',
      query: { labelSelector: 'kubernetes.io/service-name=evercert-dns' },
    });
  });

  test('one that is not ready, or does not answer, is not waited for', LIMIT, async (t) => {
    const one = await replica(t);
    const unready = await replica(t);
    one.names.set(TARGET, ['value']);
    // Nobody listens on port 1.
    await check(slices([one.port, 1], [unready.port])).everywhere(TARGET, 'value', signal());
  });

  test('one that does not get it in time is named', { timeout: 30_000 }, async (t) => {
    const behind = await replica(t);
    await assert.rejects(check(slices([behind.port])).everywhere(TARGET, 'value', signal()), {
      code: 'answer-not-served',
      message: new RegExp(`127\\.0\\.0\\.1:${behind.port} does not serve the answer at ${TARGET}`),
    });
  });

  test('without slices there is nobody to wait for', LIMIT, async () => {
    await check({ items: [{ endpoints: null, ports: null }] }).everywhere(TARGET, 'value', signal());
    await check({ kind: 'Status' }).everywhere(TARGET, 'value', signal());
  });
});
