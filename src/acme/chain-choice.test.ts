import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { createIntermediate, createRoot, issueCertificate } from '../pki/issue.ts';
import type { Authority } from '../pki/issue.ts';
import { parsePrivateKey } from '../pki/key.ts';
import { downloadCertificate } from './certificate.ts';
import { chooseChain } from './chain-choice.ts';
import { privateKey, withSession } from './testing/with-ca.ts';

const life = { notBefore: Date.UTC(2026, 0), notAfter: Date.UTC(2027, 0) };
const [old, fresh, test1] = (await Promise.all(
  ['ISRG Root X1', 'Root YE', 'Fake Root'].map((commonName) => createRoot({ ...life, commonName })),
)) as [Authority, Authority, Authority];

/** One intermediate under two roots, as Let's Encrypt has it: the longer chain passes through a cross-signed root. */
const intermediate = await createIntermediate({ ...life, issuer: fresh, commonName: 'YE1' });
const crossed = await createIntermediate({ ...life, issuer: old, commonName: 'Root YE', privateKey: fresh.privateKey });
const publicKey = createPublicKey(parsePrivateKey(privateKey));
const leaf = await issueCertificate({ ...life, issuer: intermediate, publicKey, names: ['example.org'] });
const long = leaf + intermediate.certificate + crossed.certificate;
const short = leaf + intermediate.certificate;
const other = leaf + test1.certificate;

describe('chooseChain, RFC 8555 section 7.4.2', () => {
  const rows: [preferred: string | undefined, chain: string, found: boolean, downloads: number][] = [
    [undefined, long, true, 0],
    ['ISRG Root X1', long, true, 0],
    ['Root YE', short, true, 2],
    [' root  ye ', short, true, 2],
    ['Fake Root', other, true, 2],
    ['YE1', long, true, 2],
    ['No Such Root', long, false, 2],
  ];
  for (const [preferred, chain, found, downloads] of rows) {
    test(`${preferred ?? 'no preference'}: ${downloads} alternates are downloaded`, async () => {
      const signal = new AbortController().signal;
      let asked = 0;
      const alternates = [short, other].map((pem) => ({
        url: '',
        chain: async () => {
          asked += 1;
          return pem;
        },
      }));
      assert.deepEqual(await chooseChain({ chain: long, alternates }, preferred, signal), { chain, found });
      assert.equal(asked, downloads);
    });
  }

  test('a chain that cannot be read is no candidate and no accident', async () => {
    const signal = new AbortController().signal;
    const broken = { url: '', chain: async () => '-----BEGIN CERTIFICATE-----\nAAAA' };
    assert.deepEqual(await chooseChain({ chain: 'broken', alternates: [broken] }, 'Root YE', signal), {
      chain: 'broken',
      found: false,
    });
  });
});

describe('downloadCertificate', () => {
  test('names the alternates, and fetches them by POST-as-GET when asked', async (t) => {
    const { ca, session, signal } = await withSession(t);
    const link = ['</directory>;rel="index"', '</cert/1/1>;rel="alternate"', `<${ca.url}/cert/1/2>;rel="alternate"`];
    ca.script('/cert/1', { body: long, headers: { link } });
    ca.script('/cert/1/2', { body: short.replaceAll('\n', '\r\n'), headers: { link: '</cert/1>;rel="alternate"' } });
    const downloaded = await downloadCertificate(session, `${ca.url}/cert/1`, signal);
    assert.equal(downloaded.chain, long);
    assert.deepEqual(
      downloaded.alternates.map(({ url }) => url),
      [`${ca.url}/cert/1/1`, `${ca.url}/cert/1/2`],
    );
    assert.equal(ca.seen.at(-1)?.headers.accept, 'application/pem-certificate-chain');
    assert.match((await downloaded.alternates[1]?.chain(signal)) ?? '', /BEGIN CERTIFICATE/);
    assert.equal(ca.seen.at(-1)?.payload, undefined);
  });

  for (const body of ['', '<html>', '{}']) {
    test(`"${body}" is no certificate`, async (t) => {
      const { ca, session, signal } = await withSession(t);
      ca.script('/cert/1', { body });
      await assert.rejects(downloadCertificate(session, `${ca.url}/cert/1`, signal), {
        code: 'acme-bad-response',
        message: /not in PEM/,
      });
    });
  }
});
