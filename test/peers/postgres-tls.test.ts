import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load-config.ts';
import { createRoot, issueCertificate } from '../../src/pki/issue.ts';
import { generateKey, parsePrivateKey } from '../../src/pki/key.ts';
import { openPostgres } from '../../src/store/postgres-database.ts';
import { type PostgresPeer, startPostgres } from './postgres.ts';
import { peers } from './require-peer.ts';
import { tempFolder } from './temp-folder.ts';

const skip = peers('postgres');
const HOUR = 3_600_000;

describe('TLS to PostgreSQL: sslmode means what it means to its own programs', { skip }, () => {
  let server: PostgresPeer;
  let database: string;
  const folder = tempFolder('postgres-tls');
  const root = join(folder.path, 'root.pem');
  const otherRoot = join(folder.path, 'other.pem');
  before(async () => {
    const validity = { notBefore: Date.now() - HOUR, notAfter: Date.now() + HOUR };
    const [issuer, other] = await Promise.all(
      ['the root', 'another root'].map((commonName) => createRoot({ ...validity, commonName })),
    );
    assert.ok(issuer && other);
    writeFileSync(root, issuer.certificate);
    writeFileSync(otherRoot, other.certificate);
    const key = await generateKey('P-256');
    const publicKey = createPublicKey(parsePrivateKey(key));
    const chain = await issueCertificate({ ...validity, issuer, publicKey, names: ['localhost'] });
    server = await startPostgres({ tls: { key, chain } });
    database = await server.createDatabase();
  });
  after(async () => {
    await server?.remove();
    folder.remove();
  });

  const cases: { host: string; query: string; works: boolean }[] = [
    { host: 'localhost', query: '', works: false },
    { host: 'localhost', query: '?sslmode=disable', works: false },
    { host: 'localhost', query: '?sslmode=require', works: true },
    { host: '127.0.0.1', query: '?sslmode=verify-ca&sslrootcert=ROOT', works: true },
    { host: 'localhost', query: '?sslmode=verify-full&sslrootcert=ROOT', works: true },
    { host: '127.0.0.1', query: '?sslmode=verify-full&sslrootcert=ROOT', works: false },
    { host: 'localhost', query: '?sslmode=verify-full&sslrootcert=OTHER', works: false },
    { host: 'localhost', query: '?sslmode=verify-full', works: false },
  ];
  for (const { host, query, works } of cases) {
    test(`${host}${query}: ${works ? 'works' : 'is refused'}`, async (t) => {
      const given = database.replace('127.0.0.1', host) + query.replace('ROOT', root).replace('OTHER', otherRoot);
      const { secrets } = await loadConfig({ text: `[database]\nurl = "${given}"`, environment: {} });
      const opened = await openPostgres(secrets.databaseUrl?.reveal() ?? '');
      t.after(() => opened.close());
      if (works) {
        const [row] = await opened.run('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
        assert.equal(row?.['ssl'], true);
      } else {
        await assert.rejects(opened.run('SELECT 1'), (error: Error & { code: string }) => {
          assert.equal(error.code, 'store-unavailable');
          assert.ok(!error.message.includes(server.password), error.message);
          return true;
        });
      }
    });
  }
});
