import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { acmeDnsRows, recorded } from './acme-dns-rows.ts';
import { CHALLENGE_ZONE, DOMAIN, startChain } from './chain.ts';
import { peers } from './require-peer.ts';
import { takeOver } from './taken-over.ts';
import { tempFolder } from './temp-folder.ts';

const skip = peers('acme-dns-rows', 'pebble', 'nsd', 'unbound');

test(
  'a certificate of our own, asked for at the end of config.cfg: its label is beside those of acme-dns, in the same database',
  { skip, timeout: 120_000 },
  async (t) => {
    const folder = tempFolder('own-certificate');
    t.after(() => folder.remove());
    const chain = await startChain();
    t.after(() => chain.stop());
    const { file, accounts } = recorded('acme-dns-v2');
    const path = join(folder.path, 'acme-dns.db');
    copyFileSync(file, path);
    const more = `
[acme]
directory = "${chain.pebble.directoryUrl}"
root = "${chain.pebble.rootFile}"
[dns01]
resolvers = ["${chain.at.resolver}"]
routes = { "${DOMAIN}" = ["${chain.at.userServer}"], "${CHALLENGE_ZONE}" = ["${chain.at.ourDns}"] }
[[certificate]]
names = ["${DOMAIN}", "*.${DOMAIN}"]`;
    const config = ['engine = "sqlite3"', 'connection = "acme-dns.db"'];
    const evercert = await takeOver({ folder, zone: CHALLENGE_ZONE, config, dnsPort: chain.dnsPort, more });
    t.after(() => evercert.stop('SIGKILL'));
    await evercert.start();

    const until = async (seen: () => boolean) => {
      const deadline = Date.now() + 60_000;
      while (!seen() && Date.now() < deadline) await delay(50);
      assert.ok(seen(), evercert.output());
    };
    const target = () =>
      new RegExp(`[0-9a-f-]{36}\\.${CHALLENGE_ZONE.replaceAll('.', '\\.')}`).exec(evercert.output())?.[0];
    await until(() => target() !== undefined);
    await chain.addCnames([[`_acme-challenge.${DOMAIN}`, target() ?? '']]);
    const chainFile = join(folder.path, 'evercert', 'certificates', DOMAIN, 'fullchain.pem');
    await until(() => existsSync(chainFile));
    const names = new X509Certificate(readFileSync(chainFile)).subjectAltName
      ?.split(', ')
      .toSorted((a, b) => (a < b ? -1 : 1));
    assert.deepEqual(names, [`DNS:*.${DOMAIN}`, `DNS:${DOMAIN}`]);

    // acme-dns knows nothing of it, and goes on with what it knows.
    await evercert.stop();
    const rows = acmeDnsRows('sqlite', path);
    assert.deepEqual(new Set(await rows.letsIn(accounts)), new Set([true]));
    assert.deepEqual(await rows.txt([target()?.split('.')[0] ?? '']), [[]]);
  },
);
