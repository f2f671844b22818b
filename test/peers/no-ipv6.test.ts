import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test, type TestContext } from 'node:test';
import { query } from '../../src/dns/query.ts';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { evercert, startEvercert } from '../cli/run-evercert.ts';
import { freePort } from './free-port.ts';
import { peer } from './require-peer.ts';
import { runProgram } from './run-program.ts';
import { tempFolder } from './temp-folder.ts';

/* A kernel that was built without IPv6, or started with ipv6.disable=1: every such socket is EAFNOSUPPORT. */

const source = fileURLToPath(new URL('../fixtures/no-ipv6.c', import.meta.url));
const { skip, path: command } = peer('cc');
const ZONE = parseDomainName('auth.example.net');

async function machine(t: TestContext, listen: (port: number) => readonly string[]) {
  const folder = tempFolder('no-ipv6');
  t.after(() => folder.remove());
  const library = join(folder.path, 'no-ipv6.so');
  const { code, output } = await runProgram({ command, args: ['-shared', '-fPIC', '-o', library, source] });
  assert.equal(code, 0, output);
  const port = await freePort();
  const file = join(folder.path, 'evercert.toml');
  const dns = listen(port).map((address) => `"${address}"`);
  writeFileSync(
    file,
    `data = "${join(folder.path, 'data')}"\n[zone]\nname = "${ZONE}"\nrecords = ["${ZONE}. A 127.0.0.1"]\n[dns]\nlisten = [${dns.join(', ')}]\n[api]\nlisten = []\n`,
  );
  return { args: ['serve', '--config', file], port, options: { env: { LD_PRELOAD: library } } };
}

test(
  'without IPv6, what is to listen on every address serves IPv4, with one warning',
  { skip, timeout: 60_000 },
  async (t) => {
    const { args, port, options } = await machine(t, (at) => [`0.0.0.0:${at}`, `[::]:${at}`]);
    const serving = startEvercert(args, options);
    try {
      await serving.waitFor(/"message":"serving"/);
      const at = { address: '127.0.0.1', port };
      const reply = await query({ name: ZONE, type: 'A' }, at, { signal: t.signal });
      assert.equal(reply.answers.length, 1);
      assert.equal(serving.stderr().match(/this machine has no IPv6: DNS is served over IPv4 alone/g)?.length, 1);
    } finally {
      serving.kill('SIGTERM');
      await serving.ended;
    }
  },
);

test('without IPv6, an address of it alone is a fault that says so', { skip, timeout: 60_000 }, async (t) => {
  const { args, port, options } = await machine(t, (at) => [`[::]:${at}`]);
  const { code, stderr } = await evercert(args, options);
  assert.notEqual(code, 0);
  assert.match(
    stderr,
    new RegExp(`DNS cannot listen on \\[::\\]:${port} \\(udp\\): this machine has no IPv6; take that address out`),
  );
});
