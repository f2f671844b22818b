import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { DomainError } from '../core/error.ts';
import { checkIssued, parseChain } from './chain.ts';
import { createIntermediate, createRoot, issueCertificate } from './issue.ts';
import type { Authority } from './issue.ts';
import { generateKey } from './key.ts';
import { hasOpenssl, openssl } from './testing/openssl.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const VALIDITY = { notBefore: NOW - HOUR, notAfter: NOW + 90 * DAY };
const NAMES = ['example.org', '*.example.org'];

let privateKey: string;
let root: Authority;
let intermediate: Authority;
let leaf: string;
let good: string;

before(async () => {
  privateKey = await generateKey('P-256');
  root = await createRoot({ ...VALIDITY, commonName: 'Test Root' });
  intermediate = await createIntermediate({ ...VALIDITY, issuer: root, commonName: 'Test Intermediate' });
  leaf = await issue({});
  good = leaf + intermediate.certificate;
});

function issue(o: Partial<Parameters<typeof issueCertificate>[0]>): Promise<string> {
  return issueCertificate({
    ...VALIDITY,
    issuer: intermediate,
    publicKey: createPublicKey(privateKey),
    names: NAMES,
    ...o,
  });
}

function isRefusal(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof DomainError, String(error));
    assert.deepEqual([error.code, message.test(error.message) || error.message], [code, true]);
    return true;
  };
}

describe('parseChain', () => {
  test('tells what is in a certificate', () => {
    const [first, second, ...rest] = parseChain(good);
    assert.ok(first && second && rest.length === 0);
    assert.deepEqual([first.names, first.subject, first.issuer], [NAMES, '', 'Test Intermediate']);
    assert.deepEqual([second.subject, second.issuer], ['Test Intermediate', 'Test Root']);
    assert.deepEqual([first.notBefore, first.notAfter], [VALIDITY.notBefore, VALIDITY.notAfter]);
    assert.match(first.serial, /^[0-9a-f]{40}$/);
    assert.ok(first.publicKey.equals(createPublicKey(privateKey)));
    assert.equal(first.pem, leaf);
  });

  test('a name and two kinds of addresses are read', async () => {
    const [certificate] = parseChain(await issue({ names: ['Example.ORG', '192.0.2.1', '2001:db8::1'] }));
    assert.deepEqual(certificate?.names, ['example.org', '192.0.2.1', '2001:db8::1']);
  });

  const tolerated: [string, (pem: string) => string][] = [
    ['CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
    ['CR alone', (pem) => pem.replaceAll('\n', '\r')],
    ['blank lines and spaces', (pem) => `\n\n${pem.replaceAll('\n', '  \n')}\n \n`],
    ['no newline at the end', (pem) => pem.trimEnd()],
    ['comment lines', (pem) => `# leaf\n${pem}# the end\n`],
    ['text in front of each', (pem) => pem.replaceAll('-----BEGIN', 'subject=CN = x\nissuer=CN = y\n-----BEGIN')],
    ['a byte order mark', (pem) => `\uFEFF${pem}`],
    ['one long line', (pem) => pem.replaceAll(/([A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/])/g, '$1')],
  ];
  for (const [what, change] of tolerated) {
    test(`passes over ${what}`, () => {
      assert.deepEqual(
        parseChain(change(good)).map((certificate) => certificate.pem),
        [leaf, intermediate.certificate],
      );
    });
  }

  const refused: [string, (pem: string) => string, RegExp][] = [
    ['nothing', () => '', /no "-----BEGIN CERTIFICATE-----"/],
    ['an HTML page', () => '<html>503</html>', /no "-----BEGIN CERTIFICATE-----"/],
    ['text after the last', (pem) => `${pem}garbage`, /after the last certificate/],
    [
      'a private key',
      (pem) => `${pem}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`,
      /BEGIN PRIVATE KEY/,
    ],
    ['a cut end', (pem) => pem.slice(0, -40), /cut off|"-----/],
    ['a missing END', (pem) => pem.replace('-----END CERTIFICATE-----\n', ''), /begins before/],
    ['a missing BEGIN', (pem) => pem.replace('-----BEGIN CERTIFICATE-----\n', ''), /ends that never began/],
    ['other letters', (pem) => pem.replace(/\n([A-Za-z0-9])/, '\n*'), /not base64/],
    ['an empty block', () => '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n', /not base64/],
    ['bytes after the DER', (pem) => appended(pem), /bytes after the certificate/],
  ];
  for (const [what, change, message] of refused) {
    test(`refuses ${what}`, () => {
      assert.throws(() => parseChain(change(good)), isRefusal('invalid-certificate', message));
    });
  }

  test('anything else gets a typed error, whatever it is', () => {
    const lines = fc.array(
      fc.oneof(
        fc.constantFrom(
          '-----BEGIN CERTIFICATE-----',
          '-----END CERTIFICATE-----',
          '',
          '# x',
          '\r',
          'MIIB',
          '====',
          '-----',
        ),
        fc.constantFrom(...good.split('\n')),
        fc.string(),
      ),
      { maxLength: 30 },
    );
    const flipped = fc
      .tuple(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 1 }))
      .map(([at, letter]) => good.slice(0, at) + letter + good.slice(at + 1));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          lines.map((list) => list.join('\n')),
          flipped,
        ),
        (pem) => {
          try {
            assert.ok(parseChain(pem).length > 0);
          } catch (error) {
            assert.ok(error instanceof DomainError && error.code === 'invalid-certificate', String(error));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('checkIssued', () => {
  test('what was ordered passes, in any order and case of names', () => {
    check(good);
    check(good, { names: ['*.EXAMPLE.org', 'example.org'] });
    check(leaf);
  });

  test('a chain of ten passes', async () => {
    let issuer = root;
    const chain: string[] = [];
    for (let level = 0; level < 9; level++) {
      issuer = await createIntermediate({ ...VALIDITY, issuer, commonName: `Level ${level}` });
      chain.unshift(issuer.certificate);
    }
    check((await issue({ issuer })) + chain.join(''));
  });

  const times: [string, number, RegExp | undefined][] = [
    ['an hour before it begins, by a slow clock', VALIDITY.notBefore - HOUR, undefined],
    ['more than an hour before it begins', VALIDITY.notBefore - HOUR - 1000, /valid only from .*clock/],
    ['just before it ends', VALIDITY.notAfter - 1000, undefined],
    ['after it has ended', VALIDITY.notAfter + 1, /expired/],
  ];
  for (const [what, now, message] of times) {
    test(`at a time ${what}: ${message === undefined ? 'passes' : 'refused'}`, () => {
      if (message === undefined) check(good, { now });
      else assert.throws(() => check(good, { now }), isRefusal('certificate-mismatch', message));
    });
  }

  const wrong: [string, () => Promise<string>, RegExp][] = [
    [
      'another key',
      async () => (await issue({ publicKey: createPublicKey(await generateKey('P-256')) })) + intermediate.certificate,
      /another key/,
    ],
    [
      'a name missing',
      async () => (await issue({ names: ['example.org'] })) + intermediate.certificate,
      /lacks \*\.example\.org/,
    ],
    [
      'a name more',
      async () => (await issue({ names: [...NAMES, 'evil.example'] })) + intermediate.certificate,
      /also for evil\.example/,
    ],
    [
      'an address more',
      async () => (await issue({ names: [...NAMES, '192.0.2.1'] })) + intermediate.certificate,
      /also for 192\.0\.2\.1/,
    ],
    ['the wrong order', async () => intermediate.certificate + leaf, /wrong order.*number 2/],
    [
      'an expired intermediate',
      () => withIntermediate({ notBefore: NOW - 9 * DAY, notAfter: NOW - DAY }),
      /Test Intermediate" expired/,
    ],
    ['an intermediate too many', async () => leaf + root.certificate, /chain is broken/],
    ['an intermediate of the same name with another key', () => withImpostor(), /chain is broken/],
    ['an issuer that is no CA', () => withLeafAsIssuer(), /chain is broken/],
  ];
  for (const [what, chain, message] of wrong) {
    test(`refuses ${what}`, async () => {
      const text = await chain();
      assert.throws(() => check(text), isRefusal('certificate-mismatch', message));
    });
  }
});

describe('openssl agrees', { skip: !hasOpenssl && 'needs openssl' }, () => {
  for (const type of ['P-256', 'P-384', 'RSA-2048'] as const) {
    test(`a chain of ${type} verifies for a server, strictly`, async () => {
      const top = await createRoot({ ...VALIDITY, commonName: 'Root', keyType: type });
      const middle = await createIntermediate({ ...VALIDITY, issuer: top, commonName: 'Middle', keyType: type });
      const key = await generateKey(type);
      const certificate = await issue({ issuer: middle, publicKey: createPublicKey(key) });
      const at = [
        '-attime',
        String(NOW / 1000),
        '-purpose',
        'sslserver',
        '-x509_strict',
        '-verify_hostname',
        'a.example.org',
      ];
      const { code, said } = openssl(['verify', ...at, '-CAfile', 'root', '-untrusted', 'middle', 'leaf'], {
        root: top.certificate,
        middle: middle.certificate,
        leaf: certificate,
      });
      assert.equal(code, 0, said);
    });
  }
});

/** One more byte inside the first block, behind the certificate. */
function appended(pem: string): string {
  const [block = ''] = pem.match(/(?<=-----\n)[^-]+/) ?? [];
  const der = Buffer.concat([Buffer.from(block, 'base64'), Buffer.of(0)]);
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

function check(chain: string, more: { now?: number; names?: readonly string[] } = {}): void {
  checkIssued({ chain, privateKey, names: NAMES, now: NOW, ...more });
}

async function withIntermediate(validity: { notBefore: number; notAfter: number }): Promise<string> {
  const issuer = await createIntermediate({ ...validity, issuer: root, commonName: 'Test Intermediate' });
  return (await issue({ issuer })) + issuer.certificate;
}

async function withImpostor(): Promise<string> {
  const impostor = await createIntermediate({ ...VALIDITY, issuer: root, commonName: 'Test Intermediate' });
  return leaf + impostor.certificate;
}

async function withLeafAsIssuer(): Promise<string> {
  const key = await generateKey('P-256');
  const certificate = await issue({ publicKey: createPublicKey(key), commonName: 'not a CA' });
  return (await issue({ issuer: { certificate, privateKey: key } })) + certificate + intermediate.certificate;
}
