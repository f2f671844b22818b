import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getRenewalInfo } from './renewal-info.ts';
import { directoryAt, refusal } from './testing/scripted-ca.ts';
import type { Answer } from './testing/scripted-ca.ts';
import { withCa } from './testing/with-ca.ts';

const id = 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE';
const path = `/renewal-info/${id}`;
const suggestedWindow = { start: '2026-12-03T04:00:00Z', end: '2026-12-03T05:00:00+00:00' };
const MINUTE = 60_000;

describe('getRenewalInfo, RFC 9773 section 4', () => {
  test('the window, the page and the time to ask again, by an unsigned GET', async (t) => {
    const { ca, client, clock, signal } = await withCa(t);
    ca.script(path, {
      headers: { 'retry-after': '21600' },
      json: { suggestedWindow, explanationURL: 'https://ca.example/incident' },
    });
    assert.deepEqual(await getRenewalInfo(client, id, signal), {
      suggestedWindow: { start: Date.UTC(2026, 11, 3, 4), end: Date.UTC(2026, 11, 3, 5) },
      explanationUrl: 'https://ca.example/incident',
      retryAfter: clock.now() + 360 * MINUTE,
    });
    assert.deepEqual(ca.log, ['GET /directory', `GET ${path}`]);
  });

  const waits: [header: string | undefined, minutes: number][] = [
    [undefined, 360],
    ['garbage', 360],
    ['0', 1],
    ['59', 1],
    ['7200', 120],
    ['99999999', 1440],
  ];
  for (const [header, minutes] of waits) {
    test(`Retry-After ${header}: ${minutes} minutes`, async (t) => {
      const { ca, client, clock, signal } = await withCa(t);
      ca.script(path, { json: { suggestedWindow }, headers: header === undefined ? {} : { 'retry-after': header } });
      assert.equal((await getRenewalInfo(client, id, signal))?.retryAfter, clock.now() + minutes * MINUTE);
    });
  }

  test('a window in the past is right: renew now', async (t) => {
    const { ca, client, signal } = await withCa(t);
    const past = { start: '2020-01-01T00:00:00.000Z', end: '2020-01-02T00:00:00+02:00' };
    ca.script(path, { json: { suggestedWindow: past } });
    assert.deepEqual((await getRenewalInfo(client, id, signal))?.suggestedWindow, {
      start: Date.UTC(2020, 0, 1),
      end: Date.UTC(2020, 0, 1, 22),
    });
  });

  const { start, end } = suggestedWindow;
  const faults: [what: string, answer: Answer, code: string][] = [
    ['an inverted window', { json: { suggestedWindow: { start: end, end: start } } }, 'acme-bad-response'],
    ['a window of no width', { json: { suggestedWindow: { start, end: start } } }, 'acme-bad-response'],
    ['no window', { json: {} }, 'acme-bad-response'],
    ['times that are none', { json: { suggestedWindow: { start: 'soon', end: 'later' } } }, 'acme-bad-response'],
    ['times without a zone', { json: { suggestedWindow: { start: '2026-12-03T04:00:00', end } } }, 'acme-bad-response'],
    ['a page', { body: '<html>' }, 'acme-bad-response'],
    ['an unknown certificate', { status: 404 }, 'acme-not-found'],
    ['a bad identifier', refusal('malformed', 'bad certID'), 'acme-malformed'],
    ['a fault', { status: 503, headers: { 'retry-after': '9' } }, 'acme-server-internal'],
  ];
  for (const [what, answer, code] of faults) {
    test(`${what} is told`, async (t) => {
      const { ca, client, signal } = await withCa(t);
      ca.script(path, answer);
      await assert.rejects(getRenewalInfo(client, id, signal), { code });
    });
  }

  for (const explanationURL of ['javascript:alert(1)', 'no url', 7, null]) {
    test(`a page ${explanationURL} is left away`, async (t) => {
      const { ca, client, signal } = await withCa(t);
      ca.script(path, { json: { suggestedWindow, explanationURL } });
      const info = await getRenewalInfo(client, id, signal);
      assert.ok(info !== undefined && !('explanationUrl' in info));
    });
  }

  test('a CA without renewal information is not asked', async (t) => {
    const { ca, client, signal } = await withCa(t);
    ca.script('/directory', { json: { ...directoryAt(ca.url), renewalInfo: undefined } });
    assert.equal(await getRenewalInfo(client, id, signal), undefined);
    assert.equal(ca.log.length, 1);
  });
});
