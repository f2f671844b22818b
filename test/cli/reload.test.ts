import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { createRoot } from '../../src/pki/issue.ts';
import { query } from '../../src/dns/query.ts';
import { evercert, startEvercert } from './run-evercert.ts';
import type { RunningEvercert } from './run-evercert.ts';
import { until } from './until.ts';
import { CHALLENGE_ZONE, startWorld } from './world.ts';
import type { World } from './world.ts';

let world: World;
let serving: RunningEvercert | undefined;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());
beforeEach(() => world.removeCnames());
afterEach(async () => {
  serving?.kill('SIGKILL');
  await serving?.ended;
});

async function serve(config: string): Promise<RunningEvercert> {
  serving = startEvercert(['serve', '--config', config], { timeout: 90_000 });
  await serving.waitFor(/"message":"serving"/);
  return serving;
}

/** Replaces text in a file; the text has to be there. */
function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes(from), `${from} is not in ${text}`);
  writeFileSync(file, text.replace(from, to));
}

/** How often a line with this message was logged. */
function logged(running: RunningEvercert, message: string): number {
  return running.events().filter((line) => line['message'] === message).length;
}

async function reload(running: RunningEvercert, message: string): Promise<void> {
  const so = logged(running, message);
  running.kill('SIGHUP');
  await until(message, () => logged(running, message) > so);
}

async function address(signal: AbortSignal): Promise<string> {
  const { answers } = await query({ name: CHALLENGE_ZONE, type: 'A' }, world.dns, { signal });
  return answers.map((record) => (record.type === 'A' ? record.address : record.type)).join();
}

async function register(): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${world.apiPort}/register`, { method: 'POST' });
  await response.arrayBuffer();
  return response.status;
}

/** The certificate that the API shows. */
async function shown(ca?: string): Promise<X509Certificate> {
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
  const socket = connect({ port: world.apiPort, host: '127.0.0.1', servername: CHALLENGE_ZONE, ...trust });
  try {
    await once(socket, 'secureConnect');
    const certificate = socket.getPeerX509Certificate();
    assert.ok(certificate);
    return certificate;
  } finally {
    socket.destroy();
  }
}

describe('SIGHUP', () => {
  test('records, registration and certificates are taken over, and nothing is lost meanwhile', async (t) => {
    const config = world.writeConfig('reload');
    const running = await serve(config);
    assert.equal(await address(t.signal), '127.0.0.1');
    assert.equal(await register(), 201);

    edit(config, `${CHALLENGE_ZONE}. A 127.0.0.1`, `${CHALLENGE_ZONE}. A 192.0.2.9`);
    edit(config, '[api]\n', '[api]\nregistration = "closed"\n');
    writeFileSync(config, `${readFileSync(config, 'utf8')}[[certificate]]\nnames = ["example.org"]\n`);
    await reload(running, 'configuration taken over');
    assert.equal(await address(t.signal), '192.0.2.9');
    assert.equal(await register(), 404);
    await running.waitFor(/_acme-challenge\.example\.org has no CNAME/);
    const status = await evercert(['status', '-o', 'json', '--config', config]);
    const { certificates } = JSON.parse(status.stdout) as {
      certificates: { delegations: { name: string; target: string }[] }[];
    };
    const { name = '', target = '' } = certificates[0]?.delegations[0] ?? {};
    await world.addCname(name, target);
    await running.waitFor(/certificate delivered|certificate\.delivered/);
  });

  test('a zone that stands for another is there after it', async (t) => {
    const config = world.writeConfig('moved');
    const running = await serve(config);
    const response = await fetch(`http://127.0.0.1:${world.apiPort}/register`, { method: 'POST' });
    const { subdomain } = (await response.json()) as { subdomain: string };
    const old = { name: `${subdomain}.auth.old.example`, type: 'TXT' } as const;
    assert.equal((await query(old, world.dns, { signal: t.signal })).rcode, 'REFUSED');
    const moved = `[[other_zone]]\nname = "auth.old.example"\nrecords = ["auth.old.example. DNAME ${CHALLENGE_ZONE}."]\n`;
    writeFileSync(config, `${readFileSync(config, 'utf8')}${moved}`);
    await reload(running, 'configuration taken over');
    const { rcode, answers } = await query(old, world.dns, { signal: t.signal });
    assert.deepEqual([rcode, answers.map(({ type }) => type)], ['NOERROR', ['DNAME', 'CNAME']]);
  });

  test('a configuration with faults is not taken over, and every fault is told', async (t) => {
    const config = world.writeConfig('faulty');
    const running = await serve(config);
    edit(config, `A 127.0.0.1`, `A 192.0.2.8`);
    edit(config, '[api]\n', '[api]\nregistartion = "closed"\n');
    edit(config, '[dns]\n', '[dns]\nworkers = -1\n');
    await reload(running, 'configuration not taken over');
    await running.waitFor(/registartion/);
    await running.waitFor(/dns\.workers/);
    assert.equal(await address(t.signal), '127.0.0.1');
    assert.equal(await register(), 201);
  });

  test('what needs a restart is named, and all else is taken over', async (t) => {
    const config = world.writeConfig('restart');
    const running = await serve(config);
    edit(config, `A 127.0.0.1`, `A 192.0.2.7`);
    edit(config, '[dns]\n', '[dns]\nworkers = 2\n');
    await reload(running, 'configuration taken over');
    await running.waitFor(/need a restart.*"dns"|"dns".*need a restart/);
    assert.equal(await address(t.signal), '192.0.2.7');
  });
});

describe('HTTPS of the API', () => {
  test('by a certificate that evercert gets for itself, over its own DNS, and replaces without a restart', async () => {
    const config = world.writeConfig('own-certificate');
    edit(config, '[api]\n', '[api]\ntls = "acme"\n');
    const running = await serve(config);
    await running.waitFor(/API certificate replaced/);
    const first = await shown(world.ca.issuingRootPem);
    assert.equal(first.subjectAltName, `DNS:${CHALLENGE_ZONE}`);

    const renewed = await evercert(['renew', CHALLENGE_ZONE, '--force', '--config', config]);
    assert.equal(renewed.code, 0, renewed.stderr);
    await until('the new certificate is shown', async () => {
      return (await shown(world.ca.issuingRootPem)).serialNumber !== first.serialNumber;
    });
  });

  test('by files: another pair is taken up, half of one is not', async () => {
    const pair = () =>
      createRoot({ commonName: CHALLENGE_ZONE, notBefore: Date.now() - 60_000, notAfter: Date.now() + 86_400_000 });
    const files = { cert: join(world.folder, 'api.pem'), key: join(world.folder, 'api.key') };
    const put = ({ certificate, privateKey }: { certificate?: string; privateKey?: string }): void => {
      if (certificate !== undefined) writeFileSync(files.cert, certificate);
      if (privateKey !== undefined) writeFileSync(files.key, privateKey, { mode: 0o600 });
    };
    const [first, second] = await Promise.all([pair(), pair()]);
    put(first);
    const config = world.writeConfig('files');
    edit(config, '[api]\n', `[api]\ntls_cert = "${files.cert}"\ntls_key = "${files.key}"\n`);
    const running = await serve(config);
    const serial = ({ certificate }: { certificate: string }) => new X509Certificate(certificate).serialNumber;
    assert.equal((await shown()).serialNumber, serial(first));

    put({ certificate: second.certificate });
    await running.waitFor(/is not that of the certificate/);
    assert.equal((await shown()).serialNumber, serial(first));
    put({ privateKey: second.privateKey });
    await running.waitFor(/API certificate replaced/);
    assert.equal((await shown()).serialNumber, serial(second));
  });
});
