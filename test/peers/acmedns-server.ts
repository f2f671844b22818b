import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { parseDomainName } from '../../src/core/domain-name.ts';
import { createChallengeZone } from '../../src/acmedns/challenge-zone.ts';
import type { AccountStore } from '../../src/acmedns/ports.ts';
import { createNameTable, type NameTable } from '../../src/dns/name-table.ts';
import { parseRecordLine } from '../../src/dns/record-line.ts';
import { startDnsServer } from '../../src/dns/server.ts';
import { type ApiOptions, createApi } from '../../src/http/api.ts';
import { type HttpOptions, startHttp } from '../../src/http/listener.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createSqliteAccountStore } from '../../src/store/sqlite-account-store.ts';
import { tempFolder } from './temp-folder.ts';

const ORIGIN = 'auth.example.net';

export interface AcmeDnsServer {
  readonly origin: string;
  readonly apiPort: number;
  readonly dnsPort: number;
  readonly names: NameTable;
  readonly accounts: AccountStore['accounts'];
  stop(): Promise<void>;
}

export interface AcmeDnsServerOptions {
  /** Default: a free one. */
  readonly dnsPort?: number;
  readonly api?: Omit<ApiOptions, 'zone'>;
  readonly http?: Pick<HttpOptions, 'limits' | 'trustedProxies' | 'proxyProtocol'>;
}

/** What an acme-dns server is: the API, the zone on UDP and TCP, and a SQLite file; on free ports of 127.0.0.1. */
export async function startAcmeDnsServer({
  dnsPort = 0,
  api,
  http: httpOptions,
}: AcmeDnsServerOptions = {}): Promise<AcmeDnsServer> {
  const folder = tempFolder('acmedns');
  const origin = parseDomainName(ORIGIN);
  const names = createNameTable();
  const database = openDatabase(join(folder.path, 'evercert.db'));
  const store = createSqliteAccountStore(database);
  const zone = createChallengeZone({ origin, names, store, clock: systemClock });
  await zone.load();
  const records = [`@ NS ns1.${ORIGIN}.`, 'ns1 A 127.0.0.1'].map((line) => parseRecordLine(line, origin));
  const dns = await startDnsServer({
    listeners: (['udp', 'tcp'] as const).map((transport) => ({ address: '127.0.0.1', port: dnsPort, transport })),
    zones: [
      { origin, primary: parseDomainName(`ns1.${ORIGIN}`), mailbox: parseDomainName(`admin.${ORIGIN}`), records },
    ],
    names,
    workers: 0,
  });
  const http = await startHttp({
    listeners: [{ address: '127.0.0.1', port: 0 }],
    app: createApi({ zone, ...api }),
    ...httpOptions,
  });
  return {
    origin: ORIGIN,
    apiPort: http.addresses[0]?.port ?? 0,
    dnsPort: dns.addresses[0]?.port ?? 0,
    names,
    accounts: () => store.accounts(),
    async stop() {
      await Promise.all([http.stop(0), dns.stop()]);
      database.close();
      folder.remove();
    },
  };
}
