import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RenewalInfo } from '../acme/renewal-info.ts';
import { gatherCertificate } from './gather-certificate.ts';
import { issueCertificate } from './issue-certificate.ts';
import { planCertificate } from './plan.ts';
import { acmeError } from './testing/scripted-acme.ts';
import { createScriptedIssuance } from './testing/scripted-issuance.ts';
import type { ScriptedIssuance } from './testing/scripted-issuance.ts';

const { signal } = new AbortController();
const DAY = 86_400_000;

async function issued(): Promise<ScriptedIssuance> {
  const s = await createScriptedIssuance();
  await issueCertificate(s.request, s.deps, { signal });
  s.events.length = 0;
  return s;
}

const gather = (s: ScriptedIssuance, renewalInfo?: () => Promise<RenewalInfo | undefined>) =>
  gatherCertificate(s.request, { ...s.deps, renewalInfo }, { signal, forced: false });

describe('gatherCertificate', () => {
  test('nothing there: nothing gathered, and the CA is not asked', async () => {
    const s = await createScriptedIssuance();
    const gathered = await gather(s, async () => assert.fail('there is nothing to ask for'));
    assert.deepEqual(
      [gathered.current, gathered.attempts, gathered.order, gathered.renewal],
      [undefined, undefined, undefined, undefined],
    );
    assert.equal(planCertificate(gathered).reason, 'missing');
  });

  test('a certificate in place: its facts, its CA, its type of key, and the instant chosen when it was issued', async () => {
    const s = await issued();
    const gathered = await gather(s);
    assert.equal(gathered.current?.ca, s.request.ca);
    assert.equal(gathered.current?.keyType, 'P-256');
    assert.equal(gathered.renewal?.at, (await s.deps.renewals.loadRenewal('example.org'))?.at);
    assert.equal(planCertificate(gathered).kind, 'current');
    assert.deepEqual(s.eventTypes(), ['renewal.planned']);
    await gather(s);
    assert.deepEqual(s.eventTypes(), ['renewal.planned'], 'it is told once');
  });

  test('a certificate that nobody remembers: an instant is chosen, once, and kept', async () => {
    const s = await issued();
    await s.deps.renewals.saveRenewal('example.org', undefined);
    const first = await gather(s);
    const second = await gather(s);
    assert.equal(first.current?.ca, undefined, 'it may be from anywhere');
    assert.equal(second.renewal?.at, first.renewal?.at);
    assert.deepEqual(s.eventTypes(), ['renewal.planned']);
  });

  test('what was planned for another certificate does not count', async () => {
    const s = await issued();
    const renewal = await s.deps.renewals.loadRenewal('example.org');
    assert.ok(renewal);
    await s.deps.renewals.saveRenewal('example.org', { ...renewal, serial: 'ff', at: s.clock.now() - DAY });
    assert.equal(planCertificate(await gather(s)).kind, 'current');
  });

  test('the CA’s window: asked when it is time, remembered, and asked again when it said', async () => {
    const s = await issued();
    let asked = 0;
    let start = s.clock.now() + 20 * DAY;
    const info = async () => {
      asked += 1;
      return { suggestedWindow: { start, end: start + DAY }, retryAfter: s.clock.now() + 6 * 3_600_000 };
    };
    const first = await gather(s, info);
    assert.equal(first.renewal?.at, start + DAY / 2);
    assert.equal(first.nextLook, s.clock.now() + 6 * 3_600_000);
    await gather(s, info);
    assert.equal(asked, 1);
    s.clock.advance(6 * 3_600_000);
    start -= 25 * DAY;
    const moved = await gather(s, info);
    assert.equal(asked, 2);
    assert.equal(planCertificate(moved).reason, 'due', 'the CA wants it replaced now');
    assert.deepEqual(s.eventTypes(), ['renewal.planned', 'renewal.planned']);
  });

  test('a CA that cannot be asked: the plan stays, and it is asked again in an hour', async () => {
    const s = await issued();
    const before = await s.deps.renewals.loadRenewal('example.org');
    for (const error of [acmeError('acme-not-found', { status: 404 }), acmeError('acme-server-internal')]) {
      const gathered = await gather(s, async () => {
        throw error;
      });
      assert.equal(gathered.renewal?.at, before?.at);
      assert.equal(gathered.nextLook, s.clock.now() + 3_600_000);
      s.clock.advance(3_600_000);
    }
  });

  test('a CA without windows is no fault', async () => {
    const s = await issued();
    const gathered = await gather(s, async () => undefined);
    assert.equal(planCertificate(gathered).kind, 'current');
    assert.equal(gathered.nextLook, undefined);
  });

  test('a certificate of another CA is not asked for at the new one', async () => {
    const s = await issued();
    const request = { ...s.request, ca: 'https://other.example/directory' };
    const deps = { ...s.deps, renewalInfo: async () => assert.fail('it does not know that certificate') };
    const gathered = await gatherCertificate(request, deps, { signal, forced: false });
    assert.equal(planCertificate(gathered).reason, 'ca-changed');
  });
});
