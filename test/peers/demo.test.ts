import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { evercert, jsonLines } from '../cli/run-evercert.ts';
import { freePort } from './free-port.ts';
import { startPebble } from './pebble.ts';
import { peers } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

describe('evercert demo with another CA', { skip: peers('pebble') }, () => {
  test('Pebble asks the DNS server of the demo, and issues', async (t) => {
    const dnsPort = await freePort();
    const pebble = await startPebble({ dnsServer: `127.0.0.1:${dnsPort}` });
    t.after(() => pebble.stop());
    const out = join(tempFolder('demo').path, 'out');
    const ca = ['--ca', pebble.directoryUrl, '--ca-root', pebble.rootFile, '--dns-port', String(dnsPort)];
    const { code, stdout, stderr } = await evercert(['demo', '--once', ...ca, '--out', out, '-o', 'json']);
    assert.equal(code, 0, stderr);
    const events = jsonLines(stdout);
    assert.ok(events.some((event) => event['event'] === 'challenge.asked'));
    assert.equal(events.at(-1)?.['label'], 'verified');
    assert.equal(pebble.counts().certificates, 1);
  });

  test('without its root: the sentence says which flag is missing', async (t) => {
    const dnsPort = await freePort();
    const pebble = await startPebble({ dnsServer: `127.0.0.1:${dnsPort}` });
    t.after(() => pebble.stop());
    const { code, stderr } = await evercert(['demo', '--once', '--ca', pebble.directoryUrl]);
    assert.equal(code, 4);
    assert.match(stderr, /^evercert: [^\n]*is not trusted: [^\n]*name its root with --ca-root FILE\n$/);
  });
});
