import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createChallengeZone } from '../../src/acmedns/challenge-zone.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type DomainName, parseDomainName } from '../../src/core/domain-name.ts';
import { createNameTable, type NameTable } from '../../src/dns/name-table.ts';
import { type NameServer, query } from '../../src/dns/query.ts';
import { txtValue } from '../../src/dns/record.ts';
import { startDnsServer } from '../../src/dns/server.ts';
import { openAccountFile } from '../../src/dns01/account-file.ts';
import { createAuthoritativeValues } from '../../src/dns01/authoritative-values.ts';
import { createLocalPresenter } from '../../src/dns01/local-presenter.ts';
import { createRemotePresenter, type RemotePresenter } from '../../src/dns01/remote-presenter.ts';
import { createApi } from '../../src/http/api.ts';
import { startHttp } from '../../src/http/listener.ts';
import { createRoot, issueCertificate } from '../../src/pki/issue.ts';
import { generateKey } from '../../src/pki/key.ts';
import { createMemoryAccountStore } from './account-store-in-memory.ts';
import { startAcmeDnsStandIn } from './acme-dns-stand-in.ts';
import { type PresenterUnderTest, testPresenter } from './presenter.ts';

const ZONE = parseDomainName('auth.example.net');

/** A name server for the challenge zone, answering from `names`. */
async function startDns(t: TestContext, names: NameTable): Promise<NameServer> {
  const server = await startDnsServer({
    listeners: [{ address: '127.0.0.1', port: 0, transport: 'udp' }],
    zones: [
      { origin: ZONE, primary: parseDomainName(`ns.${ZONE}`), mailbox: parseDomainName(`mail.${ZONE}`), records: [] },
    ],
    names,
    workers: 0,
  });
  t.after(() => server.stop());
  return { address: '127.0.0.1', port: server.addresses[0]?.port ?? 0 };
}

function servedAt(dns: NameServer) {
  return async (target: DomainName): Promise<readonly string[] | undefined> => {
    const reply = await query({ name: target, type: 'TXT' }, dns, { signal: AbortSignal.timeout(5000) });
    if (reply.rcode === 'NXDOMAIN') return undefined;
    return reply.answers.flatMap((record) => (record.type === 'TXT' ? [txtValue(record)] : []));
  };
}

function newZone(names: NameTable) {
  return createChallengeZone({ origin: ZONE, names, store: createMemoryAccountStore(), clock: systemClock });
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'evercert-presenter-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Remote presenters of one account file, each as a process of its own. */
function remote(t: TestContext, server: string, dns: NameServer, options: { look: boolean }): PresenterUnderTest {
  const path = join(temporaryFolder(t), 'accounts.json');
  const liveValues = createAuthoritativeValues({ resolvers: [], routes: new Map([[ZONE, [dns]]]), clock: systemClock });
  const start = (): RemotePresenter => {
    const accounts = openAccountFile(path);
    const presenter = createRemotePresenter({ server, accounts, ...(options.look ? { liveValues } : {}) });
    t.after(() => presenter.close());
    return presenter;
  };
  return { presenter: start(), restart: start, served: servedAt(dns) };
}

async function startApi(t: TestContext, names: NameTable): Promise<string> {
  const http = await startHttp({
    listeners: [{ address: '127.0.0.1', port: 0 }],
    app: createApi({ zone: newZone(names) }),
  });
  t.after(() => http.stop(0));
  return `http://127.0.0.1:${http.addresses[0]?.port}/`;
}

testPresenter('local', { removes: true, remembers: true }, async (t) => {
  const names = createNameTable();
  const zone = newZone(names);
  const dns = await startDns(t, names);
  return {
    presenter: createLocalPresenter({ zone }),
    restart: () => createLocalPresenter({ zone }),
    served: servedAt(dns),
  };
});

for (const look of [true, false]) {
  const how = look ? 'that looks at DNS' : 'that trusts the server';
  testPresenter(`remote ${how}, evercert as the server`, { removes: false, remembers: true }, async (t) => {
    const names = createNameTable();
    return remote(t, await startApi(t, names), await startDns(t, names), { look });
  });

  testPresenter(`remote ${how}, two slots as in acme-dns`, { removes: false, remembers: look }, async (t) => {
    const names = createNameTable();
    const server = await startAcmeDnsStandIn(ZONE, names);
    t.after(() => server.stop());
    return remote(t, server.url, await startDns(t, names), { look });
  });
}

test('remote: a third answer for one name is refused before anything is sent, and taken when one is gone', async (t) => {
  const names = createNameTable();
  const server = await startAcmeDnsStandIn(ZONE, names);
  t.after(() => server.stop());
  const { presenter } = remote(t, server.url, await startDns(t, names), { look: true });
  const name = parseDomainName('_acme-challenge.example.org');
  const all = ['1', '2', '3'].map((text) => ({ name, value: text.repeat(43) }));
  const signal = AbortSignal.timeout(20_000);
  await assert.rejects(presenter.present(all, signal), { code: 'too-many-answers' });
  assert.deepEqual(server.calls, []);
  await presenter.present(all.slice(0, 2), signal);
  await assert.rejects(presenter.present(all.slice(2), signal), { code: 'too-many-answers' });
  assert.deepEqual(server.calls, ['POST /register 201', 'POST /update 200', 'POST /update 200']);
  await presenter.remove(all.slice(0, 1), signal);
  await presenter.present(all.slice(2), signal);
  await presenter.present(all.slice(1, 2), signal);
});

test('remote: an answer that another client of the account pushed out is sent again', async (t) => {
  const names = createNameTable();
  const server = await startAcmeDnsStandIn(ZONE, names);
  t.after(() => server.stop());
  const path = join(temporaryFolder(t), 'accounts.json');
  const accounts = openAccountFile(path);
  const dns = await startDns(t, names);
  const look = createAuthoritativeValues({ resolvers: [], routes: new Map([[ZONE, [dns]]]), clock: systemClock });
  const domain = parseDomainName('example.org');
  const signal = AbortSignal.timeout(20_000);
  let disturbed = false;
  const presenter = createRemotePresenter({
    server: server.url,
    accounts,
    // At the second look the other client has just written both slots.
    async liveValues(target, within) {
      const served = await look(target, within);
      if (!disturbed && (served ?? []).length > 0) {
        disturbed = true;
        names.set(target, ['x'.repeat(43), 'y'.repeat(43)]);
        return await look(target, within);
      }
      return served;
    },
    clock: { now: () => Date.now(), sleep: (ms, within) => systemClock.sleep(ms, within) },
  });
  t.after(() => presenter.close());
  const answers = [{ name: parseDomainName(`_acme-challenge.${domain}`), value: 'z'.repeat(43) }];
  await presenter.present(answers, signal);
  assert.ok(disturbed);
  assert.ok((await look(await presenter.delegationTarget(domain, signal), signal))?.includes('z'.repeat(43)));
});

test('remote: over TLS the given root is trusted, and without it nothing is sent', async (t) => {
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 };
  const issuer = await createRoot({ ...validity, commonName: 'Test Root' });
  const key = await generateKey('P-256');
  const publicKey = createPublicKey(key);
  const cert = await issueCertificate({ ...validity, issuer, publicKey, names: ['127.0.0.1'] });
  const app = createApi({ zone: newZone(createNameTable()) });
  const http = await startHttp({ listeners: [{ address: '127.0.0.1', port: 0 }], app, tls: { key, cert } });
  t.after(() => http.stop(0));
  const server = `https://127.0.0.1:${http.addresses[0]?.port}`;
  const accounts = openAccountFile(join(temporaryFolder(t), 'accounts.json'));
  const domain = parseDomainName('example.org');
  const signal = AbortSignal.timeout(20_000);
  for (const trust of [undefined, issuer.certificate]) {
    const presenter = createRemotePresenter({ server, accounts, trust });
    t.after(() => presenter.close());
    if (trust === undefined) {
      const message = /its TLS certificate is not trusted/;
      await assert.rejects(presenter.delegationTarget(domain, signal), { code: 'acme-dns-unreachable', message });
    } else {
      assert.ok((await presenter.delegationTarget(domain, signal)).endsWith(`.${ZONE}`));
    }
  }
});
