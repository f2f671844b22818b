import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../config/load-config.ts';
import { systemClock } from '../core/clock.ts';
import { startRehearsalCa } from '../rehearsal/ca.ts';
import type { Event } from '../telemetry/event.ts';
import { openDataFolder } from './data-folder.ts';
import { openSessions } from './sessions.ts';

test('many need an account: one is registered, also when the first of them gives up', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'evercert-sessions-'));
  const folder = await openDataFolder(path);
  const ca = await startRehearsalCa({ resolver: { address: '127.0.0.1', port: 1 }, clock: systemClock });
  t.after(async () => {
    await ca.stop();
    await folder.close();
    await rm(path, { recursive: true });
  });
  const { config, ...rest } = await loadConfig({ text: '', environment: {} });
  const loaded = { ...rest, config: { ...config, acme: { ...config.acme, trust: ca.rootPem } } };
  const events: Event[] = [];
  const emit = (event: Event): void => void events.push(event);
  const sessions = openSessions({ loaded, folder: () => folder, clock: systemClock, emit });
  const [hasty, patient] = [new AbortController(), new AbortController()];
  const first = sessions.session(ca.directoryUrl, 'first', hasty.signal);
  const others = ['second', 'third'].map((name) => sessions.session(ca.directoryUrl, name, patient.signal));
  hasty.abort(new Error('not wanted any more'));
  await assert.rejects(first, /not wanted any more/);
  const [second, third] = await Promise.all(others);
  assert.equal(second, third);
  assert.deepEqual(
    events.map(({ type, certificate }) => [type, certificate]),
    [['account.registered', 'first']],
  );
  assert.equal(ca.requests.filter(({ kind, status }) => kind === 'newAccount' && status === 201).length, 1);
  await sessions.close();
});
