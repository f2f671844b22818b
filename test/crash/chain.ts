import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createAcmeClient } from '../../src/acme/client.ts';
import { createChallengeZone } from '../../src/acmedns/challenge-zone.ts';
import { baseName, challengeName, parseCertificateName, parseDomainName } from '../../src/core/domain-name.ts';
import type { DomainName } from '../../src/core/domain-name.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createNameTable } from '../../src/dns/name-table.ts';
import { query } from '../../src/dns/query.ts';
import { parseRecordLine } from '../../src/dns/record-line.ts';
import { startDnsServer } from '../../src/dns/server.ts';
import type { ZoneOptions } from '../../src/dns/zone.ts';
import { createDelegationChecker } from '../../src/dns01/delegation.ts';
import { createLocalPresenter } from '../../src/dns01/local-presenter.ts';
import { acmeCalls } from '../../src/issuance/acme-calls.ts';
import { certificateIdFor } from '../../src/issuance/certificate-id.ts';
import { ensureAcmeAccount } from '../../src/issuance/ensure-acme-account.ts';
import { gatherCertificate } from '../../src/issuance/gather-certificate.ts';
import { issueCertificate, tidyUp } from '../../src/issuance/issue-certificate.ts';
import type { IssueDeps, Issued } from '../../src/issuance/issue-certificate.ts';
import type { CertificateRequest } from '../../src/issuance/order-record.ts';
import { planCertificate } from '../../src/issuance/plan.ts';
import type { Plan } from '../../src/issuance/plan.ts';
import type { WatchQuestions } from '../../src/issuance/question-watch.ts';
import { createAcmeAccountFiles } from '../../src/standalone/acme-account-files.ts';
import { createCertificateFiles } from '../../src/standalone/certificate-files.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createSqliteAccountStore } from '../../src/store/sqlite-account-store.ts';
import { createOrderStore } from '../../src/store/order-store.ts';
import { createRenewalStore } from '../../src/store/renewal-store.ts';
import { sqliteRecordTables } from '../../src/store/sqlite-record-table.ts';
import type { EventSink } from '../../src/telemetry/event.ts';
import * as boundaries from './boundaries.ts';
import type { Boundary } from './boundaries.ts';

/** Where the challenge answers are. */
const CHALLENGE_ZONE = parseDomainName('auth.example.net');

export interface ChainOptions {
  /** Keeps everything that outlives the process. */
  readonly folder: string;
  /** Of 127.0.0.1; the CA asks there. */
  readonly dnsPort: number;
  readonly directoryUrl: string;
  readonly rootPem: string;
  readonly names: readonly string[];
}

/** The whole chain but the CA, in this process: both zones, the DNS server, store, presenter, issuance. */
export interface Chain {
  readonly request: CertificateRequest;
  readonly deps: IssueDeps;
  /** The one certificate, from wherever it was left; a new one also when the one in place is good. */
  issue(signal: AbortSignal, otherDeps?: IssueDeps): Promise<Issued>;
  /** What a scheduler does at its start: whatever the plan says. Returns what that was. */
  carryOn(signal: AbortSignal): Promise<Plan['kind']>;
  /** What should be gone at the end: orders in flight, stored TXT values, and those that DNS answers with at the challenge names. */
  leftBehind(signal: AbortSignal): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startChain(o: ChainOptions, boundary: Boundary, emit: EventSink): Promise<Chain> {
  await mkdir(o.folder, { recursive: true, mode: 0o700 });
  const names = o.names.map(parseCertificateName);
  const domains = [...new Set(names.map(baseName))];
  const request = { id: certificateIdFor(names), names, ca: o.directoryUrl, keyType: 'P-256' as const };

  const database = openDatabase(join(o.folder, 'evercert.db'));
  const store = boundaries.watchZoneStore(createSqliteAccountStore(database), boundary);
  const table = createNameTable({ clock: systemClock });
  const zone = createChallengeZone({ origin: CHALLENGE_ZONE, names: table, store, clock: systemClock });
  await zone.load();
  const questions = createQuestions();
  const server = { address: '127.0.0.1', port: o.dnsPort };
  const dns = await startDnsServer({
    listeners: (['udp', 'tcp'] as const).map((transport) => ({ ...server, transport })),
    zones: [zoneOf(CHALLENGE_ZONE, [])],
    names: table,
    workers: 0,
    onAsked: questions.asked,
  });
  const presenter = boundaries.watchPresenter(createLocalPresenter({ zone }), boundary);
  const client = createAcmeClient({ directoryUrl: o.directoryUrl, trust: o.rootPem, clock: systemClock });
  const accounts = boundaries.watchAccounts(createAcmeAccountFiles(join(o.folder, 'accounts')), boundary);
  const folderOf = (id: string) => join(o.folder, 'certificates', id);

  /** What the person has done at the DNS provider. */
  const delegate = async (signal: AbortSignal): Promise<void> => {
    const zones = await Promise.all(
      domains.map(async (domain) => {
        const target = await presenter.delegationTarget(domain, signal);
        return zoneOf(domain, [`_acme-challenge.${domain}. 1 CNAME ${target}.`]);
      }),
    );
    await dns.replaceZones([zoneOf(CHALLENGE_ZONE, []), ...zones]);
  };

  const deps: IssueDeps = {
    store: boundaries.watchOrders(createOrderStore(sqliteRecordTables(database)), boundary),
    renewals: boundaries.watchRenewals(createRenewalStore(sqliteRecordTables(database)), boundary),
    delivery: boundaries.watchDelivery(createCertificateFiles(folderOf), boundary),
    presenter,
    delegation: createDelegationChecker({
      resolvers: [server],
      routes: new Map([CHALLENGE_ZONE, ...domains].map((name) => [name, [server]])),
      clock: systemClock,
    }),
    watchQuestions: questions.watch,
    clock: systemClock,
    emit,
    random: Math.random,
    async openAcme({ id }, again, signal) {
      const options = { client, store: accounts, certificate: id, emit, again };
      return boundaries.watchAcme(acmeCalls(await ensureAcmeAccount(options, signal)), boundary);
    },
  };
  return {
    request,
    deps,
    async issue(signal, otherDeps = deps) {
      await delegate(signal);
      return issueCertificate(request, otherDeps, { signal, wait: false });
    },
    async carryOn(signal) {
      await delegate(signal);
      const plan = planCertificate(await gatherCertificate(request, deps, { signal, forced: false }));
      if (plan.kind === 'issue') await issueCertificate(request, deps, { signal, wait: false });
      if (plan.kind === 'tidy') await tidyUp(request, deps, { signal });
      return plan.kind;
    },
    async leftBehind(signal) {
      const rows = database.prepare('SELECT certificate AS it FROM orders UNION ALL SELECT value FROM txt').all();
      const replies = await Promise.all(
        domains.map((domain) =>
          query({ name: challengeName(parseCertificateName(domain)), type: 'TXT' }, server, { signal }),
        ),
      );
      const served = replies.flatMap(({ answers }) =>
        answers.flatMap((record) => (record.type === 'TXT' ? [Buffer.concat(record.strings).toString()] : [])),
      );
      return [...rows.map((row) => String(row['it'])), ...served];
    },
    async stop() {
      await client.close();
      await dns.stop();
      database.close();
    },
  };
}

function zoneOf(origin: DomainName, lines: readonly string[]): ZoneOptions {
  const primary = parseDomainName(`ns1.${origin}`);
  const records = [`${origin}. 60 NS ${primary}.`, `${primary}. 60 A 127.0.0.1`, ...lines].map((line) =>
    parseRecordLine(line),
  );
  return { origin, primary, mailbox: parseDomainName(`hostmaster.${origin}`), records };
}

function createQuestions() {
  const listeners = new Set<Parameters<WatchQuestions>[1]>();
  const watch: WatchQuestions = (_, onAsked) => {
    listeners.add(onAsked);
    return () => listeners.delete(onAsked);
  };
  return {
    watch,
    asked: (question: Parameters<Parameters<WatchQuestions>[1]>[0]) => {
      for (const listener of listeners) listener(question);
    },
  };
}
