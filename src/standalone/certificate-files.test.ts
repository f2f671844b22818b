import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseCertificateName } from '../core/domain-name.ts';
import type { IssuedCertificate } from '../issuance/ports.ts';
import { createRoot, issueCertificate } from '../pki/issue.ts';
import { createCsr, parseCsr } from '../pki/csr.ts';
import { generateKey } from '../pki/key.ts';
import { withAfterHook } from './after-hook.ts';
import { createCertificateFiles } from './certificate-files.ts';

const NOW = Date.UTC(2026, 10, 24);
const certificate = {
  id: 'example.org',
  names: [parseCertificateName('example.org')],
  ca: 'https://ca.example/dir',
  keyType: 'P-256',
} as const;

const root = await createRoot({ commonName: 'Test Root', notBefore: NOW, notAfter: NOW + 10 * 86_400_000 });

async function issue(): Promise<IssuedCertificate> {
  const privateKey = await generateKey('P-256');
  const csr = await parseCsr(await createCsr({ privateKey, names: certificate.names }));
  const leaf = await issueCertificate({
    issuer: root,
    publicKey: csr.publicKey,
    names: csr.names,
    notBefore: NOW,
    notAfter: NOW + 86_400_000,
  });
  return { certificate, privateKey, chain: leaf.trimEnd() + '\n' + root.certificate, issuedAt: NOW };
}

async function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'evercert-files-'));
}

describe('certificate files', () => {
  test('all files of a certificate, private, and readable by openssl', async () => {
    const folder = join(await newFolder(), 'deep', 'example.org');
    const delivery = createCertificateFiles(() => folder);
    assert.equal(await delivery.current('example.org'), undefined);
    const files = await delivery.deliver(await issue());
    assert.deepEqual(files.map((file) => file.slice(folder.length + 1)).toSorted(), [
      'cert.pem',
      'chain.pem',
      'combined.pem',
      'fullchain.pem',
      'privkey.pem',
    ]);
    for (const file of files) assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    const publicKeyOf = (...command: string[]) => execFileSync('openssl', command, { encoding: 'utf8' });
    assert.equal(
      publicKeyOf('x509', '-in', join(folder, 'combined.pem'), '-noout', '-pubkey'),
      publicKeyOf('pkey', '-in', join(folder, 'privkey.pem'), '-pubout'),
    );
    const current = await delivery.current('example.org');
    assert.deepEqual(current?.facts.names, ['example.org']);
    assert.equal(current?.facts.notAfter, NOW + 86_400_000);
  });

  test('delivering again is as once; a new certificate swaps all files; few old ones stay', async () => {
    const folder = await newFolder();
    const delivery = createCertificateFiles(() => folder);
    const first = await issue();
    await delivery.deliver(first);
    await delivery.deliver(first);
    assert.equal((await readdir(join(folder, 'versions'))).length, 1);
    for (let round = 0; round < 6; round += 1) {
      const next = await issue();
      await delivery.deliver(next);
      assert.equal(await readFile(join(folder, 'privkey.pem'), 'utf8'), `${next.privateKey.trim()}\n`);
      assert.equal((await delivery.current('example.org'))?.chain.trim(), next.chain.trim());
    }
    assert.equal((await readdir(join(folder, 'versions'))).length, 4);
  });

  test('a folder that cannot be written is one clear sentence', async () => {
    const folder = join(await newFolder(), 'file');
    const { writeFile } = await import('node:fs/promises');
    await writeFile(folder, 'in the way');
    await assert.rejects(createCertificateFiles(() => folder).deliver(await issue()), { code: 'file-not-writable' });
  });
});

describe('the command after delivery', () => {
  test('runs with the certificate in its environment; a failure is told and harms nothing', async () => {
    const folder = await newFolder();
    const failures: string[] = [];
    let command =
      'printf "%s|%s|%s" "$EVERCERT_CERTIFICATE" "$EVERCERT_NAMES" "$EVERCERT_FOLDER" > "$EVERCERT_FOLDER/ran"';
    const delivery = withAfterHook(
      createCertificateFiles(() => folder),
      {
        commandOf: () => command,
        onFailure: (_, message) => failures.push(message),
      },
    );
    await delivery.deliver(await issue());
    assert.equal(await readFile(join(folder, 'ran'), 'utf8'), `example.org|example.org|${folder}`);
    assert.deepEqual(failures, []);
    command = 'echo no such service; exit 3';
    await delivery.deliver(await issue());
    assert.equal(failures.length, 1);
    assert.match(failures[0] ?? '', /exit code 3: no such service/);
  });
});
